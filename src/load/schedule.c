/* src/load/schedule.c - see schedule.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/schedule.h"

#include <assert.h>

#include "base/clock.h"
#include "base/util.h"

void schedule_init(struct schedule *s, const struct load_spec *spec, const char *stream)
{
	*s = (struct schedule){
		.law = load_law(spec),
		.rate = spec->rate,
		.shape = spec->gamma_shape,
	};
	assert(s->law != ARRIVAL_CLOSED && s->rate > 0);
	rng_init_named(&s->rng, (uint64_t)spec->seed, stream);
}

uint64_t schedule_next(struct schedule *s, uint64_t *ret_index)
{
	double mean = (double)NS_PER_S / s->rate;
	*ret_index = s->index;
	if (s->law == ARRIVAL_CONSTANT)
		s->at_ns = (long double)s->index * (long double)NS_PER_S / (long double)s->rate;
	else if (s->law == ARRIVAL_POISSON)
		s->at_ns += (long double)rng_exponential(&s->rng, mean);
	else
		s->at_ns += (long double)rng_gamma(&s->rng, s->shape, mean / s->shape);
	s->index++;
	return (uint64_t)s->at_ns;
}
