/* src/protocols/answer.c - moments and content of one reply.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/answer.h"

#include <math.h>

#include "base/str.h"
#include "base/util.h"

void answer_init(struct answer *a)
{
	*a = (struct answer){0};
	buf_init(&a->text, ANSWER_TEXT_MAX);
	buf_init(&a->reasoning, ANSWER_TEXT_MAX);
	buf_init(&a->sound, ANSWER_SOUND_MAX);
	buf_init(&a->segment_text, ANSWER_TEXT_MAX);
	buf_init(&a->error, ANSWER_ERROR_MAX);
	buf_init(&a->body, ANSWER_BODY_MAX);
	buf_init(&a->scratch, ANSWER_BODY_MAX);
	buf_init(&a->stamps, ANSWER_BODY_MAX);
	sse_init(&a->sse, SSE_EVENT_MAX);
	answer_clear(a);
}

void answer_release(struct answer *a)
{
	answer_clear(a);
	buf_release(&a->text);
	buf_release(&a->reasoning);
	buf_release(&a->sound);
	buf_release(&a->segment_text);
	buf_release(&a->error);
	buf_release(&a->body);
	buf_release(&a->scratch);
	buf_release(&a->stamps);
	sse_release(&a->sse);
	free(a->events);
	free(a->segments);
	free(a->partial_delays);
	a->events = NULL;
	a->segments = NULL;
	a->partial_delays = NULL;
	a->events_room = a->segments_room = a->partial_delays_room = 0;
}

void answer_clear(struct answer *a)
{
	a->first_event = a->first_token = a->last_token = a->first_token_bound = 0;
	a->last_event = 0;
	a->n_events = a->n_segments = 0;
	a->text_events = a->sound_events = a->reasoning_events = 0;
	a->output_tokens = a->prompt_tokens = a->cached_tokens = a->reasoning_tokens = -1;
	a->finish_reason = NULL;
	a->sample_rate = a->channels = a->bytes_per_sample = 0;
	a->pcm = PCM_NONE;
	a->sound_bytes = 0;
	a->audio_seconds = (double)NAN;
	a->language[0] = '\0';
	a->speech_start = a->speech_end = a->pace_delay = 0;
	a->shown_tokens = a->revised_tokens = -1;
	a->n_partial_delays = 0;
	a->complete = false;
	buf_clear(&a->text);
	buf_clear(&a->reasoning);
	buf_clear(&a->sound);
	buf_clear(&a->segment_text);
	buf_clear(&a->error);
	buf_clear(&a->body);
	buf_clear(&a->scratch);
	buf_clear(&a->stamps);
	sse_clear(&a->sse);
	json_decref(a->logprobs);
	a->logprobs = NULL;
}

/* Room for one more of size bytes, at most max of them. */
static int grow(void **items, size_t n, size_t *room, size_t max, size_t size)
{
	if (n < *room)
		return 0;
	if (n >= max)
		return -1;
	size_t want = MIN(MAX(*room * 2, (size_t)64), max);
	void *more = realloc(*items, want * size);
	if (!more)
		return -1;
	*items = more;
	*room = want;
	return 0;
}

/* A stamp belongs to the last byte of its read; what ended earlier in the read shares it. A
 * moment of the user's clock is late by an unknown part of the bound either way. */
static struct event moment(const struct arrival *at, bool last_of_read)
{
	struct event v = {.ns = at->ns};
	if (at->kind == STAMP_USER)
		v.stamp = STAMP_USER;
	else
		v.stamp = at->last && last_of_read ? STAMP_KERNEL : STAMP_SHARED;
	v.bound_ns = v.stamp == STAMP_KERNEL ? 0 : at->bound_ns;
	return v;
}

int answer_event(struct answer *a, enum event_kind kind, uint32_t amount,
		 const struct arrival *at, bool last_of_read)
{
	bool first = a->first_event == 0;
	if (kind == EVENT_OTHER && !first) {
		a->last_event = moment(at, last_of_read).ns;
		return 0;
	}
	if (grow((void **)&a->events, a->n_events, &a->events_room, ANSWER_EVENTS_MAX,
		 sizeof(*a->events)) < 0)
		return -1;
	struct event v = moment(at, last_of_read);
	v.kind = (uint8_t)kind;
	v.amount = amount;
	a->events[a->n_events++] = v;
	a->last_event = v.ns;
	if (first)
		a->first_event = v.ns;
	if (kind == EVENT_OTHER)
		return 0;
	if (a->first_token == 0) {
		a->first_token = v.ns;
		a->first_token_bound = v.bound_ns;
	}
	a->last_token = v.ns;
	if (kind == EVENT_TEXT)
		a->text_events++;
	else
		a->sound_events++;
	return 0;
}

int answer_add_partial_delay(struct answer *a, uint64_t ns)
{
	if (grow((void **)&a->partial_delays, a->n_partial_delays, &a->partial_delays_room,
		 ANSWER_EVENTS_MAX, sizeof(*a->partial_delays)) < 0)
		return -1;
	a->partial_delays[a->n_partial_delays++] = ns;
	return 0;
}

int answer_add_segment(struct answer *a, double start, double end, const char *text, size_t len)
{
	if (grow((void **)&a->segments, a->n_segments, &a->segments_room, ANSWER_SEGMENTS_MAX,
		 sizeof(*a->segments)) < 0)
		return -1;
	size_t at = a->segment_text.len;
	if (buf_add(&a->segment_text, text, len) < 0)
		return -1;
	a->segments[a->n_segments++] = (struct answer_segment){start, end, at, len};
	return 0;
}

void answer_note_error(struct answer *a, const char *text, size_t len)
{
	size_t room = a->error.max - a->error.len;
	(void)buf_add(&a->error, text, str_utf8_cut(text, len, room));
}

int answer_samples(const struct answer *a, float **ret_samples, size_t *ret_n, struct err *e)
{
	size_t frame = (size_t)a->channels * (size_t)a->bytes_per_sample;
	if (a->pcm == PCM_NONE || frame == 0 || a->sound.len < frame)
		return err_set(e, ERR_DATA, "the answer holds no sound");
	size_t n = a->sound.len / frame;
	float *out = malloc(n * sizeof(*out));
	if (!out)
		return err_set(e, ERR_SYSTEM, "no memory for %zu samples of an answer", n);
	pcm_to_mono(a->sound.data, a->pcm, a->channels, n, out);
	*ret_samples = out;
	*ret_n = n;
	return 0;
}
