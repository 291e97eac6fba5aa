/* src/load/schedule.c - see schedule.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/schedule.h"

#include <assert.h>
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "load/trace.h"

#define EVEN 1e-9	/* a ramp's ends that differ by less are the same rate */

/* a t + (b - a) t² / 2T = area, solved without taking a difference of near numbers. */
static double linear_inverse(double a, double b, double duration, double area)
{
	double slope = (b - a) / duration;
	double root = a * a + 2 * slope * area;
	return 2 * area / (a + sqrt(fmax(root, 0)));
}

/* a T / k (e^(k t / T) - 1) = area, with k = ln(b / a). */
static double exponential_inverse(double a, double b, double duration, double area)
{
	double k = log(b / a);
	return duration / k * log1p(area * k / (a * duration));
}

static double steps_inverse(const struct load_spec *spec, double duration, double area)
{
	double each = duration / (double)spec->n_steps;
	double begin = 0;
	for (int64_t i = 0; i + 1 < spec->n_steps && area > spec->steps[i] * each; i++) {
		area -= spec->steps[i] * each;
		begin += each;
	}
	return begin + area / spec->steps[(int64_t)(begin / each + 0.5)];
}

/* How many requests the profile wants within its duration. */
static double profile_area(const struct load_spec *spec)
{
	double duration = ns_to_s(spec->duration_ns), sum = 0;
	double a = spec->steps[0], b = spec->steps[MAX(spec->n_steps, (int64_t)1) - 1];
	if (load_law(spec) == ARRIVAL_RAMP)
		return (a + b) / 2 * duration;
	if (load_law(spec) == ARRIVAL_RAMP_EXP)
		return fabs(b / a - 1) < EVEN ? a * duration : (b - a) / log(b / a) * duration;
	for (int64_t i = 0; i < spec->n_steps; i++)
		sum += spec->steps[i];
	return sum / (double)spec->n_steps * duration;
}

/* The moment (s) by which the changing rate has brought so many requests. */
static double profile_inverse(const struct schedule *s, double area)
{
	const struct load_spec *spec = s->spec;
	double a = spec->steps[0], b = spec->steps[spec->n_steps - 1];
	double whole = profile_area(spec);
	if (area > whole)
		return s->duration + (area - whole) / b;
	if (s->law == ARRIVAL_STEPS)
		return steps_inverse(spec, s->duration, area);
	if (fabs(b / a - 1) < EVEN)
		return area / a;
	return s->law == ARRIVAL_RAMP ? linear_inverse(a, b, s->duration, area)
				      : exponential_inverse(a, b, s->duration, area);
}

/* The next arrival of the whole sequence. */
static uint64_t next_of_all(struct schedule *s)
{
	double mean = (double)NS_PER_S / s->rate;
	uint64_t index = s->all++;
	switch (s->law) {
	case ARRIVAL_TRACE:
		return index < s->trace->n ? s->trace->items[index].at_ns : UINT64_MAX;
	case ARRIVAL_RAMP:
	case ARRIVAL_RAMP_EXP:
	case ARRIVAL_STEPS:
		s->area += (long double)rng_exponential(&s->rng, 1);
		s->at_ns = (long double)profile_inverse(s, (double)s->area) *
			   (long double)NS_PER_S;
		break;
	case ARRIVAL_CONSTANT:
		s->at_ns = (long double)index * (long double)NS_PER_S / (long double)s->rate;
		break;
	case ARRIVAL_POISSON:
		s->at_ns += (long double)rng_exponential(&s->rng, mean);
		break;
	default:
		s->at_ns += (long double)rng_gamma(&s->rng, s->shape, mean / s->shape);
		break;
	}
	return (uint64_t)s->at_ns;
}

/* To the ranks in turn, as cards are. */
static bool is_dealt_out(int law)
{
	return law == ARRIVAL_CONSTANT || law == ARRIVAL_GAMMA || law == ARRIVAL_TRACE;
}

void schedule_init(struct schedule *s, const struct load_spec *spec, const struct trace *trace,
		   const char *stream)
{
	*s = (struct schedule){
		.law = load_law(spec),
		.spec = spec,
		.trace = trace,
		.duration = ns_to_s(spec->duration_ns),
		.rate = spec->rate,
		.shape = spec->gamma_shape,
	};
	assert(s->law != ARRIVAL_CLOSED && (s->law != ARRIVAL_TRACE || trace));
	char name[80];
	(void)snprintf(name, sizeof(name), "%s of rank %d", stream, (int)spec->rank);
	s->others = is_dealt_out(s->law) ? (uint64_t)MAX(spec->ranks, (int64_t)1) - 1 : 0;
	s->rate *= (double)(s->others + 1);
	rng_init_named(&s->rng, (uint64_t)spec->seed,
		       spec->rank > 0 && !is_dealt_out(s->law) ? name : stream);
	for (int64_t i = 0; is_dealt_out(s->law) && i < spec->rank; i++)
		(void)next_of_all(s);
}

uint64_t schedule_next(struct schedule *s, uint64_t *ret_index)
{
	uint64_t at = next_of_all(s);
	*ret_index = s->index++;
	for (uint64_t i = 0; i < s->others; i++)
		(void)next_of_all(s);
	return at;
}

double schedule_mean_rate(const struct load_spec *spec, const struct trace *trace)
{
	int law = load_law(spec);
	if (law == ARRIVAL_TRACE) {
		uint64_t last = trace->n ? trace->items[trace->n - 1].at_ns : 0;
		double share = 1 / (double)MAX(spec->ranks, (int64_t)1);
		return last > 0 ? (double)trace->n * share / ns_to_s(last) : (double)NAN;
	}
	if (law == ARRIVAL_RAMP || law == ARRIVAL_RAMP_EXP || law == ARRIVAL_STEPS)
		return profile_area(spec) / ns_to_s(spec->duration_ns);
	return spec->rate;
}
