/* src/cli/live_state.c - see live_state.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/live_state.h"

#include <math.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"

#define PERIOD_NS (900 * NS_PER_MS)	/* of a fresh line; doubles whenever it is full */

enum { LINE_RATE, LINE_IN_FLIGHT, LINE_P50, LINE_P99, LINE_FAILED, OWN_LINES };

struct point {
	uint64_t seq, at_ns;
	double value;
};

struct line {
	char source[32], device[64], name[64], unit[16];
	bool worst;		/* points are merged to the greater one, else to the mean */
	uint64_t period_ns;
	double sum, most;	/* of what came since the last point */
	uint64_t n_sum;
	size_t n;
	struct point points[LIVE_POINTS];
};

struct phase {
	char name[96];
	uint64_t from_ns, to_ns, ok, failed;
	double done, rate, in_flight, p50, p99;
};

/* What is copied for a reader. */
struct view {
	uint64_t seq, start_ns, start_wall_ns;
	size_t n_lines, n_phases;
	uint64_t lines_left_out, phases_left_out;
	struct phase phases[LIVE_PHASES];
	char note[200], verdict[24], sentence[600], sentence_zh[600];
	struct line lines[LIVE_LINES];
};

struct live_state {
	pthread_mutex_t lock;
	char *title, *command;
	struct view view;
};

static void name_line(struct line *l, const char *source, const char *device, const char *name,
		      const char *unit, bool worst)
{
	str_cut_copy(l->source, sizeof(l->source), source);
	str_cut_copy(l->device, sizeof(l->device), device);
	str_cut_copy(l->name, sizeof(l->name), name);
	str_cut_copy(l->unit, sizeof(l->unit), unit);
	l->worst = worst;
	l->period_ns = PERIOD_NS;
	l->most = -INFINITY;
}

struct live_state *live_state_new(const char *title, const char *command)
{
	struct live_state *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	(void)pthread_mutex_init(&s->lock, NULL);
	s->title = strdup(title ? title : "");
	s->command = strdup(command ? command : "");
	s->view.start_ns = clock_now();
	s->view.start_wall_ns = clock_wall();
	name_line(&s->view.lines[LINE_RATE], "load", "", "request_rate", "1/s", false);
	name_line(&s->view.lines[LINE_IN_FLIGHT], "load", "", "in_flight", "count", false);
	name_line(&s->view.lines[LINE_P50], "load", "p50", "latency", "s", false);
	name_line(&s->view.lines[LINE_P99], "load", "p99", "latency", "s", true);
	name_line(&s->view.lines[LINE_FAILED], "load", "", "failed", "count", true);
	s->view.n_lines = OWN_LINES;
	return s->title && s->command ? s : live_state_free(s);
}

struct live_state *live_state_free(struct live_state *s)
{
	if (!s)
		return NULL;
	(void)pthread_mutex_destroy(&s->lock);
	free(s->title);
	free(s->command);
	free(s);
	return NULL;
}

static void halve(struct line *l)
{
	for (size_t i = 0; i + 1 < l->n; i += 2) {
		const struct point *a = &l->points[i], *b = &l->points[i + 1];
		double value = l->worst ? fmax(a->value, b->value) : (a->value + b->value) / 2;
		l->points[i / 2] = (struct point){b->seq, b->at_ns, value};
	}
	l->n /= 2;
	l->period_ns *= 2;
}

static void add(struct view *v, struct line *l, double value, uint64_t at_ns)
{
	if (isnan(value))
		return;
	l->sum += value;
	l->most = fmax(l->most, value);
	l->n_sum++;
	if (l->n > 0 && at_ns - l->points[l->n - 1].at_ns < l->period_ns)
		return;
	if (l->n == LIVE_POINTS)
		halve(l);
	l->points[l->n++] = (struct point){
		++v->seq, at_ns, l->worst ? l->most : l->sum / (double)l->n_sum};
	l->sum = 0;
	l->n_sum = 0;
	l->most = -INFINITY;
}

static struct phase *phase_of(struct view *v, const char *name, uint64_t now_ns)
{
	char cut[sizeof(v->phases[0].name)];
	str_cut_copy(cut, sizeof(cut), name);
	if (v->n_phases > 0 && strcmp(v->phases[v->n_phases - 1].name, cut) == 0)
		return &v->phases[v->n_phases - 1];
	if (v->n_phases == LIVE_PHASES) {
		memmove(v->phases, v->phases + 1, (LIVE_PHASES - 1) * sizeof(v->phases[0]));
		v->n_phases--;
		v->phases_left_out++;
	}
	struct phase *p = &v->phases[v->n_phases++];
	*p = (struct phase){.from_ns = now_ns};
	memcpy(p->name, cut, sizeof(cut));
	return p;
}

void live_state_progress(struct live_state *s, const struct progress_state *p, uint64_t now_ns)
{
	struct view *v = &s->view;
	(void)pthread_mutex_lock(&s->lock);
	struct phase *phase = phase_of(v, p->phase ? p->phase : "", now_ns);
	phase->to_ns = now_ns;
	phase->ok = p->ok;
	phase->failed = p->failed;
	phase->done = p->done;
	phase->rate = p->rate;
	phase->in_flight = p->in_flight;
	phase->p50 = p->p50_s;
	phase->p99 = p->p99_s;
	if (p->note)
		str_cut_copy(v->note, sizeof(v->note), p->note);
	add(v, &v->lines[LINE_RATE], p->rate, now_ns);
	add(v, &v->lines[LINE_IN_FLIGHT], p->in_flight, now_ns);
	add(v, &v->lines[LINE_P50], p->p50_s, now_ns);
	add(v, &v->lines[LINE_P99], p->p99_s, now_ns);
	add(v, &v->lines[LINE_FAILED], (double)p->failed, now_ns);
	(void)pthread_mutex_unlock(&s->lock);
}

static struct line *line_of(struct view *v, const struct reading *r)
{
	for (size_t i = OWN_LINES; i < v->n_lines; i++) {
		struct line *l = &v->lines[i];
		if (strncmp(l->name, r->name, sizeof(l->name) - 1) == 0 &&
		    strncmp(l->device, r->device, sizeof(l->device) - 1) == 0 &&
		    strncmp(l->source, r->source, sizeof(l->source) - 1) == 0)
			return l;
	}
	if (v->n_lines == LIVE_LINES) {
		v->lines_left_out++;
		return NULL;
	}
	struct line *l = &v->lines[v->n_lines++];
	name_line(l, r->source, r->device, r->name, r->unit, false);
	return l;
}

void live_state_reading(struct live_state *s, const struct reading *r)
{
	(void)pthread_mutex_lock(&s->lock);
	struct line *l = line_of(&s->view, r);
	if (l)
		add(&s->view, l, r->value, r->at_ns);
	(void)pthread_mutex_unlock(&s->lock);
}

void live_state_finish(struct live_state *s, const char *verdict, const char *en, const char *zh)
{
	struct view *v = &s->view;
	(void)pthread_mutex_lock(&s->lock);
	str_cut_copy(v->verdict, sizeof(v->verdict), verdict);
	str_cut_copy(v->sentence, sizeof(v->sentence), en ? en : "");
	str_cut_copy(v->sentence_zh, sizeof(v->sentence_zh), zh ? zh : "");
	v->seq++;
	(void)pthread_mutex_unlock(&s->lock);
}

/* ---- for readers ---- */

static double since_start(const struct view *v, uint64_t at_ns)
{
	return at_ns > v->start_ns ? ns_to_s(at_ns - v->start_ns) : 0;
}

/* Five digits are more than a plot shows. */
static json_t *short_real(double value)
{
	char text[32];
	if (!isfinite(value))
		return json_null();
	(void)snprintf(text, sizeof(text), "%.5g", value);
	return json_real(strtod(text, NULL));
}

static json_t *line_json(const struct view *v, const struct line *l, uint64_t since)
{
	json_t *j = json_object(), *at = json_array(), *values = json_array();
	for (size_t i = 0; i < l->n; i++) {
		if (l->points[i].seq <= since)
			continue;
		(void)json_array_append_new(at, json_real(
			round(since_start(v, l->points[i].at_ns) * 10) / 10));
		(void)json_array_append_new(values, short_real(l->points[i].value));
	}
	json_put_text(j, "source", l->source);
	json_put_text(j, "device", l->device);
	json_put_text(j, "name", l->name);
	json_put_text(j, "unit", l->unit);
	json_put_bool(j, "worst", l->worst);
	json_put(j, "t", at);
	json_put(j, "v", values);
	return j;
}

static json_t *phase_json(const struct view *v, const struct phase *p)
{
	json_t *j = json_object();
	json_put_text(j, "name", p->name);
	json_put_real(j, "from", since_start(v, p->from_ns));
	json_put_real(j, "to", since_start(v, p->to_ns));
	json_put_int(j, "ok", (int64_t)p->ok);
	json_put_int(j, "failed", (int64_t)p->failed);
	json_put_real(j, "done", p->done >= 0 ? p->done : NAN);
	json_put_real(j, "rate", p->rate);
	json_put_real(j, "in_flight", p->in_flight);
	json_put_real(j, "p50", p->p50);
	json_put_real(j, "p99", p->p99);
	return j;
}

static json_t *view_json(const struct live_state *s, const struct view *v, uint64_t since,
			 uint64_t now_ns)
{
	char when[32];
	json_t *j = json_object(), *lines = json_array(), *phases = json_array();
	clock_format_wall(when, sizeof(when), v->start_wall_ns);
	json_put_text(j, "title", s->title);
	json_put_text(j, "command", s->command);
	json_put_text(j, "start", when);
	json_put_int(j, "seq", (int64_t)v->seq);
	json_put_real(j, "now", since_start(v, now_ns));
	json_put_text(j, "note", *v->note ? v->note : NULL);
	json_put_int(j, "lines_left_out", (int64_t)v->lines_left_out);
	json_put_int(j, "phases_left_out", (int64_t)v->phases_left_out);
	for (size_t i = 0; i < v->n_phases; i++)
		(void)json_array_append_new(phases, phase_json(v, &v->phases[i]));
	for (size_t i = 0; i < v->n_lines; i++)
		(void)json_array_append_new(lines, line_json(v, &v->lines[i], since));
	json_put(j, "phases", phases);
	json_put(j, "lines", lines);
	if (*v->verdict) {
		json_put_text(j, "verdict", v->verdict);
		json_put_text(j, "sentence", v->sentence);
		json_put_text(j, "sentence_zh", v->sentence_zh);
	}
	return j;
}

json_t *live_state_json(struct live_state *s, uint64_t since, uint64_t now_ns)
{
	struct view *v = malloc(sizeof(*v));
	if (!v)
		return NULL;
	(void)pthread_mutex_lock(&s->lock);
	memcpy(v, &s->view, offsetof(struct view, lines));
	memcpy(v->lines, s->view.lines, s->view.n_lines * sizeof(v->lines[0]));
	(void)pthread_mutex_unlock(&s->lock);
	json_t *j = view_json(s, v, since, now_ns);
	free(v);
	return j;
}
