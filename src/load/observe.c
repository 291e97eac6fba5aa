/* src/load/observe.c - see observe.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/observe.h"

#include <assert.h>
#include <math.h>

#include "base/clock.h"
#include "base/util.h"

static const char *const names[OBSERVED_COUNT] = {
#define OBSERVED_NAME(id, name) [OBSERVED_##id] = name,
	OBSERVED(OBSERVED_NAME)
#undef OBSERVED_NAME
};

const char *observed_name(enum observed o)
{
	assert(o < OBSERVED_COUNT);
	return names[o];
}

int observed_find(const char *name)
{
	for (int i = 0; i < OBSERVED_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static double audio_of(const struct sample *s)
{
	return s->audio ? s->audio->seconds : (double)NAN;
}

enum per_10s per_10s_of(const struct sample *samples, size_t n)
{
	enum per_10s how = PER_10S_NONE;
	for (size_t i = 0; i < n; i++) {
		double seconds = audio_of(&samples[i]);
		if (seconds >= 8 && seconds <= 12)
			return PER_10S_DIRECT;
		if (seconds >= 3)
			how = PER_10S_SCALED;
	}
	return how;
}

/* ns from one moment to another; NaN when one of them did not happen. The mapping of kernel stamps
 * may put a moment some ns before its cause: that is no time at all. */
static double span_ns(uint64_t from, uint64_t to)
{
	if (from == 0 || to == 0)
		return (double)NAN;
	return to > from ? (double)(to - from) : 0;
}

static double count_of(int64_t n)
{
	return n < 0 ? (double)NAN : (double)n * 1e9;
}

static void observe_delays(const struct question *q, struct observation *o)
{
	const struct exchange *x = &q->asking->x;
	uint64_t own = x->connect_start ? x->connect_start : x->sent_first;
	o->begin = own ? own : x->started;
	o->values[OBSERVED_QUEUE_DELAY] = span_ns(q->intended, q->ready);
	/* after a stale connection the second start is the service's doing */
	if (x->stale_retries == 0)
		o->values[OBSERVED_GENERATOR_DELAY] = span_ns(q->ready, own);
}

static void observe_tokens(const struct question *q, struct observation *o)
{
	const struct answer *a = q->asking->answer;
	bool streamed = q->asking->ask->stream;
	int64_t tokens = a->output_tokens;
	if (tokens < 0 && streamed && a->text_events > 0) {
		tokens = (int64_t)a->text_events;
		o->tokens_counted = true;
	}
	o->values[OBSERVED_OUTPUT_TOKENS] = count_of(tokens);
	o->values[OBSERVED_PROMPT_TOKENS] = count_of(a->prompt_tokens);
	o->values[OBSERVED_CACHED_TOKENS] = count_of(a->cached_tokens);
	o->values[OBSERVED_REASONING_TOKENS] = count_of(a->reasoning_tokens);
	if (!streamed || a->text_events == 0)
		return;
	if (a->output_tokens > 0)
		o->values[OBSERVED_TOKENS_PER_EVENT] =
			(double)a->output_tokens / (double)a->text_events * 1e9;
	o->single_token = tokens == 1 || a->text_events == 1;
	if (a->text_events >= 2 && tokens >= 2 && a->last_token > a->first_token)
		o->values[OBSERVED_TPOT] =
			(double)(a->last_token - a->first_token) / (double)(tokens - 1);
	size_t pos = 0;
	uint64_t gap;
	while (observe_itl(q->asking, &pos, &gap))
		o->itl_max = fmax(isnan(o->itl_max) ? 0 : o->itl_max, (double)gap);
}

bool observe_itl(const struct asking *a, size_t *pos, uint64_t *ret_gap)
{
	const struct answer *w = a->answer;
	size_t before = *pos;	/* 1 + index of the text event before; 0: none yet */
	if (!a->ask->stream)
		return false;
	for (size_t i = before; i < w->n_events; i++) {
		if (w->events[i].kind != EVENT_TEXT)
			continue;
		*pos = i + 1;
		if (before > 0) {
			*ret_gap = (uint64_t)span_ns(w->events[before - 1].ns, w->events[i].ns);
			return true;
		}
		before = i + 1;
	}
	return false;
}

/* The longest time that a player would have starved, which plays the stream from its first sound
 * on at its own rate and goes on as soon as there is sound again. */
static double underrun(const struct answer *a)
{
	double bytes_per_ns = (double)a->sample_rate * a->channels * a->bytes_per_sample / 1e9;
	double longest = 0, plays_until = 0;
	bool playing = false;
	if (!(bytes_per_ns > 0) || a->sound_events < 2)
		return (double)NAN;
	for (size_t i = 0; i < a->n_events; i++) {
		const struct event *v = &a->events[i];
		if (v->kind != EVENT_SOUND)
			continue;
		double at = span_ns(a->first_token, v->ns);
		if (playing && at > plays_until) {
			longest = fmax(longest, at - plays_until);
			plays_until = at;
		}
		playing = true;
		plays_until += v->amount / bytes_per_ns;
	}
	return longest;
}

static void observe_audio(const struct question *q, struct observation *o)
{
	const struct asking *k = q->asking;
	const struct answer *a = k->answer;
	const char *kind = k->link->site->service->kind;
	bool asr = strcmp(kind, "asr") == 0, tts = strcmp(kind, "tts") == 0;
	double seconds = asr ? audio_of(k->sample) : tts ? a->audio_seconds : (double)NAN;
	double service = o->values[OBSERVED_SERVICE_TIME];
	if (tts && a->sound_events > 0) {
		o->values[OBSERVED_TTFA] = span_ns(q->intended, a->first_token);
		if (k->ask->stream)
			o->values[OBSERVED_UNDERRUN] = underrun(a);
	}
	if (!(seconds > 0))
		return;
	o->values[OBSERVED_AUDIO_SECONDS] = seconds * 1e9;
	o->values[OBSERVED_RTF] = service / seconds;
	if (service > 0)
		o->values[OBSERVED_RTFX] = seconds * 1e18 / service;
	if (asr && q->per_10s == PER_10S_DIRECT && seconds >= 8 && seconds <= 12)
		o->values[OBSERVED_LATENCY_PER_10S] = o->values[OBSERVED_LATENCY];
	if (asr && q->per_10s == PER_10S_SCALED && seconds >= 3)
		o->values[OBSERVED_LATENCY_PER_10S] = o->values[OBSERVED_LATENCY] * 10 / seconds;
}

static void observe_live(const struct asking *k, struct observation *o)
{
	const struct answer *a = k->answer;
	if (a->speech_start == 0)
		return;
	o->values[OBSERVED_FIRST_PARTIAL] = span_ns(a->speech_start, a->first_token);
	o->values[OBSERVED_FINAL_DELAY] = span_ns(a->speech_end, k->x.end);
	o->values[OBSERVED_PACE_DELAY] = (double)a->pace_delay;
	if (a->shown_tokens > 0)
		o->values[OBSERVED_REVISED] =
			(double)a->revised_tokens / (double)a->shown_tokens * 1e9;
}

void observe(const struct question *q, struct observation *ret)
{
	const struct asking *k = q->asking;
	const struct exchange *x = &k->x;
	*ret = (struct observation){.itl_max = (double)NAN};
	for (int i = 0; i < OBSERVED_COUNT; i++)
		ret->values[i] = (double)NAN;
	observe_delays(q, ret);
	if (k->outcome != OUTCOME_OK)
		return;
	ret->values[OBSERVED_LATENCY] = span_ns(q->intended, x->end);
	ret->values[OBSERVED_SERVICE_TIME] = span_ns(x->sent_first, x->end);
	ret->values[OBSERVED_CONNECT] = span_ns(x->connect_start, x->connected);
	ret->values[OBSERVED_TLS_HANDSHAKE] = span_ns(x->connected, x->tls_done);
	ret->values[OBSERVED_UPLOAD] = span_ns(x->sent_first, x->upload_done);
	if (k->ask->stream) {
		ret->values[OBSERVED_TTFT] = span_ns(q->intended, k->answer->first_token);
		ret->values[OBSERVED_TTFE] = span_ns(q->intended, k->answer->first_event);
	}
	observe_tokens(q, ret);
	observe_audio(q, ret);
	observe_live(k, ret);
}
