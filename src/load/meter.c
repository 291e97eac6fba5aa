/* src/load/meter.c - see meter.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/util.h"
#include "load/meter_in.h"

int meter_new(const struct meter_spec *spec, struct meter **ret, struct err *e)
{
	struct meter *m = calloc(1, sizeof(*m));
	if (!m)
		return err_sys(e, "cannot hold the numbers of a load thread");
	m->spec = *spec;
	int r = hist_new(&m->bound, e);
	for (int i = 0; i < OBSERVED_COUNT && r == 0; i++)
		r = hist_new(&m->observed[i], e);
	if (r == 0)
		r = timeline_new(spec->start, spec->window_ns, &m->timeline, e);
	if (r != 0) {
		meter_free(m);
		return -1;
	}
	*ret = m;
	return 0;
}

void meter_begin(struct meter *m, uint64_t start, uint64_t end)
{
	m->spec.start = start;
	m->spec.end = end;
	timeline_begin(m->timeline, start);
}

struct meter *meter_free(struct meter *m)
{
	if (!m)
		return NULL;
	(void)hist_free(m->bound);
	for (int i = 0; i < OBSERVED_COUNT; i++)
		(void)hist_free(m->observed[i]);
	timeline_free(m->timeline);
	free(m);
	return NULL;
}

void failure_detail(const char *text, size_t len, char out[DETAIL_MAX + 1])
{
	size_t n = 0;
	while (n < DETAIL_MAX && len > 0) {
		size_t valid = str_utf8_valid(text, MIN(len, (size_t)8));
		size_t some = 1;
		if (valid > 0)	/* one character: its first byte and those that continue it */
			while (some < valid && ((unsigned char)text[some] & 0xc0) == 0x80)
				some++;
		if (n + some > DETAIL_MAX)
			break;
		memcpy(out + n, text, some);
		if (valid == 0)
			out[n] = '?';
		else if ((unsigned char)out[n] < ' ' || out[n] == 0x7f)
			out[n] = ' ';
		n += some;
		text += some;
		len -= some;
	}
	out[n] = '\0';
}

static void note_failure(struct failure *f, const struct asking *a, struct span detail)
{
	if (f->count++ > 0)
		return;
	f->at = a->x.end;
	f->status = a->x.status;
	f->sample_id = a->sample->id;
	failure_detail(detail.data, detail.len, f->detail);
}

static void record_moments(struct meter *m, const struct asking *a)
{
	const struct answer *w = a->answer;
	m->moments[a->x.end_stamp]++;
	for (size_t i = 0; i < w->n_events; i++)
		m->moments[w->events[i].stamp]++;
	if ((a->ask->stream || w->speech_start != 0) && w->first_token != 0)
		hist_record(m->bound, w->first_token_bound);
}

static void record_values(struct meter *m, const struct question *q, const struct observation *o)
{
	for (int i = 0; i < OBSERVED_COUNT; i++)
		if (!isnan(o->values[i]))
			hist_record(m->observed[i], (uint64_t)llround(o->values[i]));
	size_t pos = 0;
	uint64_t gap;
	if (q->asking->outcome != OUTCOME_OK)
		return;
	while (observe_itl(q->asking, &pos, &gap))
		hist_record(m->observed[OBSERVED_ITL], gap);
	for (size_t i = 0; i < q->asking->answer->n_partial_delays; i++)
		hist_record(m->observed[OBSERVED_PARTIAL_DELAY],
			    q->asking->answer->partial_delays[i]);
}

/* Sums that belong to a request which was ok. */
static void record_ok(struct meter *m, const struct question *q, const struct observation *o)
{
	const struct asking *a = q->asking;
	double audio = o->values[OBSERVED_AUDIO_SECONDS] / 1e9;
	double tokens = o->values[OBSERVED_OUTPUT_TOKENS] / 1e9;
	bool good = m->spec.limits->n > 0 && limits_met(m->spec.limits, o);
	record_moments(m, a);
	if (strcmp(a->link->site->service->kind, "asr") == 0 && a->answer->text.len == 0)
		m->empty_transcripts++;
	m->good += good;
	m->tokens_counted = m->tokens_counted || o->tokens_counted;
	if (!isnan(audio)) {
		m->service_ns += o->values[OBSERVED_SERVICE_TIME];
		m->all_audio_s += audio;
	}
	if (!isnan(tokens))
		m->any_tokens = true;
	if (a->x.end > m->spec.end)
		return;
	m->ends++;
	m->ends_good += good;
	m->tokens += isnan(tokens) ? 0 : tokens;
	m->audio_s += isnan(audio) ? 0 : audio;
}

bool meter_record(struct meter *m, const struct question *q)
{
	const struct asking *a = q->asking;
	struct observation o;
	observe(q, &o);
	m->attempted++;
	m->outcomes[a->outcome]++;
	if (m->first_intended == 0 || q->intended < m->first_intended)
		m->first_intended = q->intended;
	m->last_end = MAX(m->last_end, a->x.end);
	record_values(m, q, &o);
	if (m->spec.records)
		records_add(m->spec.records, q, &o);
	if (a->x.stale_retries > 0)
		note_failure(&m->stale, a, span_of("a kept connection was closed by the service "
						   "before any reply; asked again on a new one"));
	bool ok = a->outcome == OUTCOME_OK;
	if (ok)
		record_ok(m, q, &o);
	else
		note_failure(&m->failures[a->outcome], a, asking_detail(a));
	uint64_t from = MAX(o.begin, m->spec.start), to = MIN(a->x.end, m->spec.end);
	m->area += to > from ? (double)(to - from) : 0;
	double ttft = o.values[OBSERVED_TTFT];
	return timeline_add(m->timeline, o.begin, a->x.end, ok,
			    ok ? (uint64_t)o.values[OBSERVED_LATENCY] : 0,
			    isnan(ttft) ? 0 : (uint64_t)ttft);
}

void meter_cut(struct meter *m, uint64_t end)
{
	m->spec.end = MIN(m->spec.end, end);
}

void meter_unsent(struct meter *m, uint64_t n)
{
	m->unsent += n;
}

void meter_peek(const struct meter *m, enum observed what, struct hist *into)
{
	hist_peek(into, m->observed[what]);
}

struct meter_now meter_now(const struct meter *m)
{
	const struct hist *h = m->observed[OBSERVED_LATENCY];
	bool any = hist_count(h) > 0;
	return (struct meter_now){
		.ok = m->outcomes[OUTCOME_OK],
		.failed = m->attempted - m->outcomes[OUTCOME_OK],
		.p50_s = any ? (double)hist_quantile(h, 0.5) / 1e9 : (double)NAN,
		.p99_s = any ? (double)hist_quantile(h, 0.99) / 1e9 : (double)NAN,
	};
}
