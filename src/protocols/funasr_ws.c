/* src/protocols/funasr_ws.c - live speech as FunASR's runtime speaks it: a WebSocket, a JSON
 * opening, PCM as it would be spoken, partial and final results as JSON.
 *
 * What is shown: messages of an online mode bring further text; those of an offline mode replace
 * what was shown since the offline one before. The last message is one with is_end; else the first
 * of an offline mode after the end of the speech; else what came before the close, or (mode online,
 * whose servers say nothing of an end) before a silence: of final_wait behind a result that came
 * after the speech, of idle_timeout when none did. is_final is not looked at:
 * servers send it inverted.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "audio/decode.h"
#include "audio/resample.h"
#include "audio/wav.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "protocols/json_text.h"
#include "protocols/live_text.h"
#include "protocols/table.h"
#include "protocols/transcript.h"

enum { MODE_2PASS, MODE_ONLINE, MODE_OFFLINE };
static const char *const modes[] = {"2pass", "online", "offline", NULL};

struct settings {
	int mode;
	uint64_t chunk_ns, final_wait_ns;
	int64_t sample_rate;
	struct strings chunk_size;
	int64_t chunk_interval;
	const char *hotwords;
	bool itn;
};

static const struct opt options[] = {
	{.name = "mode", OPT_AT_CHOICE(struct settings, mode), .choices = modes, .def = "2pass",
	 .help = "results while somebody speaks, at the end, or both"},
	{.name = "chunk", OPT_AT_DURATION(struct settings, chunk_ns), .def = "60ms", .min = 0.01,
	 .max = 10, .help = "how much speech is sent at a time, when it has been spoken"},
	{.name = "sample_rate", OPT_AT_INT(struct settings, sample_rate), .arg = "HZ",
	 .def = "16000", .min = 8000, .max = 48000, .help = "rate of the samples that are sent"},
	{.name = "chunk_size", OPT_AT_STRINGS(struct settings, chunk_size), .arg = "N",
	 .help = "FunASR's chunk_size, in units of 60 ms (default 5, 10, 5)"},
	{.name = "chunk_interval", OPT_AT_INT(struct settings, chunk_interval), .def = "10",
	 .min = 1, .max = 1000, .help = "FunASR's chunk_interval"},
	{.name = "hotwords", OPT_AT_STRING(struct settings, hotwords), .arg = "JSON",
	 .help = "FunASR's hotwords: a text that holds JSON"},
	{.name = "itn", OPT_AT_BOOL(struct settings, itn), .def = "true",
	 .help = "numbers as digits, where the service can"},
	{.name = "final_wait", OPT_AT_DURATION(struct settings, final_wait_ns), .def = "2s",
	 .min = 0.01, .max = 600,
	 .help = "mode online: silence after a result behind the end of the speech that counts "
		 "as the end; without such a result idle_timeout is waited for"},
	{0},
};

struct state {
	const struct settings *own;
	bool keep;
	bool stamps_unknown;	/* a final text came without times */
};

static int check(const struct service *s, struct err *e)
{
	const struct settings *own = s->settings;
	int64_t n;
	if (own->chunk_size.n != 0 && own->chunk_size.n != 3)
		return err_set(e, ERR_USAGE, "chunk_size has three numbers, such as [5, 10, 5]");
	for (size_t i = 0; i < own->chunk_size.n; i++)
		if (str_to_int(own->chunk_size.items[i], &n, NULL) < 0 || n < 0 || n > 10000)
			return err_set(e, ERR_USAGE, "chunk_size: '%s' is no number from 0 to "
				       "10000", own->chunk_size.items[i]);
	return 0;
}

static void put_opening(const struct service *s, const struct sample *sample,
			const struct ask *ask, struct request *out, struct err *e)
{
	const struct settings *own = s->settings;
	struct json_text w;
	json_text_begin(&w, s, out);
	buf_clear(&out->head);	/* it is a message, not a body */
	json_text_string(&w, "mode", modes[own->mode]);
	if (json_text_key(&w, "chunk_size")) {
		json_text_raw(out, "[");
		for (size_t i = 0; i < 3; i++) {
			json_text_raw(out, i > 0 ? "," : "");
			json_text_raw(out, own->chunk_size.n ? own->chunk_size.items[i] :
				      i == 1 ? "10" : "5");
		}
		json_text_raw(out, "]");
	}
	json_text_int(&w, "chunk_interval", own->chunk_interval);
	json_text_string(&w, "wav_name", sample->id ? sample->id : "assay");
	json_text_string(&w, "wav_format", "pcm");
	json_text_int(&w, "audio_fs", own->sample_rate);
	json_text_bool(&w, "is_speaking", true);
	json_text_string(&w, "hotwords", own->hotwords);
	json_text_bool(&w, "itn", own->itn);
	json_text_string(&w, "svs_lang", transcript_language(sample, ask));
	(void)json_text_end(&w, e);
}

/* A WAV whose samples can be sent as they are. */
static bool plain_pcm(const struct media *m, int64_t rate, const void **ret, size_t *ret_len)
{
	struct wav_parser p;
	size_t used = 0;
	wav_parser_init(&p);
	if (wav_parse(&p, m->data, m->len, &used) != 1 || p.pcm != PCM_S16 || p.channels != 1 ||
	    p.sample_rate != rate)
		return false;
	*ret = (const char *)m->data + used;
	*ret_len = m->len - used;
	if (!p.open_ended)
		*ret_len = (size_t)MIN((uint64_t)*ret_len, p.data_size);
	*ret_len &= ~(size_t)1;
	return true;
}

static int put_samples(struct request *out, const float *samples, size_t n, struct err *e)
{
	char *to = buf_reserve(&out->text, n * 2);
	if (!to)
		return err_set(e, ERR_SYSTEM, "no memory for %zu samples", n);
	for (size_t i = 0; i < n; i++) {
		int v = (int)lrintf(fminf(fmaxf(samples[i], -1), 1) * 32767);
		to[2 * i] = (char)(v & 0xff);
		to[2 * i + 1] = (char)(v >> 8 & 0xff);
	}
	out->live.pcm_at = out->text.len;
	out->live.pcm_len = n * 2;
	buf_grew(&out->text, n * 2);
	return 0;
}

/* Anything else is decoded now: before the request starts, not while it is under way. */
static int put_decoded(struct request *out, const struct media *m, int rate, struct err *e)
{
	struct audio audio;
	float *other = NULL;
	size_t frames = 0;
	if (audio_decode(m->data, m->len, &audio, e) < 0)
		return err_prefix(e, "%s: ", m->name ? m->name : "a file");
	audio_to_mono(&audio);
	int rc = 0;
	if (audio.rate != rate)
		rc = audio_resample(audio.samples, audio.frames, 1, audio.rate, rate, &other,
				    &frames, e);
	if (rc == 0)
		rc = other ? put_samples(out, other, frames, e)
			   : put_samples(out, audio.samples, audio.frames, e);
	free(other);
	audio_release(&audio);
	return rc;
}

static int encode(const struct service *s, const struct sample *sample, const struct ask *ask,
		  struct request *out, struct err *e)
{
	static const char closing[] = "{\"is_speaking\":false}";
	const struct settings *own = s->settings;
	struct request_live *l = &out->live;
	uint64_t samples = (uint64_t)own->sample_rate * own->chunk_ns / NS_PER_S;
	if (transcript_need_audio(sample, "funasr-ws", e) < 0)
		return -1;
	out->method = "GET";
	put_opening(s, sample, ask, out, e);
	l->opening_len = out->text.len;
	l->closing_at = out->text.len;
	l->closing_len = sizeof(closing) - 1;
	(void)buf_add(&out->text, closing, l->closing_len);
	l->chunk_len = (size_t)samples * 2;
	l->chunk_ns = samples * NS_PER_S / (uint64_t)own->sample_rate;
	l->quiet_ns = own->mode == MODE_ONLINE ? own->final_wait_ns : 0;
	l->subprotocol = "binary";
	if (out->text.failed)
		return err_set(e, ERR_SYSTEM, "no memory for a request");
	if (!plain_pcm(sample->audio, own->sample_rate, &l->pcm, &l->pcm_len) &&
	    put_decoded(out, sample->audio, (int)own->sample_rate, e) < 0)
		return -1;
	if (l->pcm_len == 0)
		return err_set(e, ERR_USAGE, "the sample '%s' holds no speech to send",
			       sample->id ? sample->id : "?");
	return 0;
}

static enum outcome head(void *state, const struct service *s, const struct ask *ask,
			 const struct http_head *h, struct answer *answer)
{
	struct state *st = state;
	(void)h;
	st->own = s->settings;
	st->keep = ask->keep;
	answer->shown_tokens = answer->revised_tokens = 0;
	return OUTCOME_OK;
}

/* Ends of tokens: [[from, to], …] in ms, as a list or as a text that holds one. */
static void take_stamps(struct state *st, const json_t *message, struct answer *a)
{
	const json_t *list = json_object_get(message, "timestamp");
	CLEANUP(json_unref) json_t *parsed = NULL;
	size_t i;
	json_t *pair;
	if (json_is_string(list))
		list = parsed = json_read(json_string_value(list), json_string_length(list), 8,
					  NULL);
	if (!json_is_array(list) || json_array_size(list) == 0)
		st->stamps_unknown = true;
	json_array_foreach(list, i, pair) {
		const json_t *to = json_array_get(pair, 1);
		double at = json_number_value(to) / 1000;
		if (!json_is_number(to) || buf_add(&a->stamps, &at, sizeof(at)) < 0)
			st->stamps_unknown = true;
	}
}

static enum outcome take_sentences(const struct state *st, const json_t *message, struct answer *a)
{
	size_t i;
	json_t *item;
	json_array_foreach(json_object_get(message, "stamp_sents"), i, item) {
		double start, end;
		const char *text = json_text(item, "text_seg", json_text(item, "text", ""));
		if (!json_number(item, "start", &start) || !json_number(item, "end", &end))
			return OUTCOME_BAD_JSON;
		if (st->keep && answer_add_segment(a, start / 1000, end / 1000, text,
						   strlen(text)) < 0)
			return OUTCOME_BAD_JSON;
	}
	return OUTCOME_OK;
}

/* What is seen now, against what was seen before: which words had to be taken back? */
static enum outcome show(struct answer *a, const struct arrival *at, bool online)
{
	struct buf *now = &a->reasoning, *before = &a->body;	/* of no other use in asr */
	buf_clear(now);
	if (buf_add(now, a->text.data, a->text.len) < 0 || buf_char(now, ' ') < 0 ||
	    buf_add(now, a->scratch.data, a->scratch.len) < 0)
		return OUTCOME_BAD_JSON;
	struct span x = {before->data, before->len}, y = {now->data, now->len};
	size_t common = live_common(x, y), was = live_tokens(x), is = live_tokens(y);
	a->revised_tokens += (int64_t)(was - common);
	a->shown_tokens += (int64_t)(is - common);
	if (online && is > common &&
	    answer_event(a, EVENT_TEXT, (uint32_t)is, at, true) < 0)
		return OUTCOME_BAD_JSON;
	buf_clear(before);
	return buf_add(before, now->data, now->len) < 0 ? OUTCOME_BAD_JSON : OUTCOME_OK;
}

static enum outcome take_final(struct state *st, const json_t *message, const char *text,
			       struct answer *a)
{
	bool blank = a->text.len > 0 && *text && (unsigned char)*text < 0x80 &&
		     (unsigned char)a->text.data[a->text.len - 1] < 0x80;
	buf_clear(&a->scratch);
	if (*text)
		take_stamps(st, message, a);
	if ((blank && buf_char(&a->text, ' ') < 0) || buf_str(&a->text, text) < 0)
		return OUTCOME_BAD_JSON;
	return take_sentences(st, message, a);
}

static enum outcome receive(void *state, const char *data, size_t len, const struct arrival *at,
			    struct answer *a)
{
	struct state *st = state;
	CLEANUP(json_unref) json_t *j = json_read(data, len, JSON_DEPTH_MAX, NULL);
	const json_t *error = json_object_get(j, "error");
	const char *text = json_text(j, "text", NULL);
	if (error && !json_is_null(error)) {
		const char *words = json_text(error, "message", json_string_value(error));
		answer_note_error(a, words ? words : data, words ? strlen(words) : len);
		return OUTCOME_ERROR_EVENT;
	}
	bool end = json_is_true(json_object_get(j, "is_end"));
	if (!json_is_object(j) || (!text && !end)) {
		answer_note_error(a, data, len);
		return OUTCOME_BAD_JSON;
	}
	bool offline = strstr(json_text(j, "mode", modes[st->own->mode]), "offline") != NULL;
	enum outcome o = OUTCOME_OK;
	text = text ? text : "";
	if (offline)
		o = take_final(st, j, text, a);
	else if (buf_str(&a->scratch, text) < 0)
		o = OUTCOME_BAD_JSON;
	if (o == OUTCOME_OK)
		o = show(a, at, !offline);
	if (o == OUTCOME_OK)
		a->complete = end || (offline && a->speech_end != 0);
	return o;
}

/* Partials whose words the final result places in the audio: how far behind were they? */
static void find_delays(const struct state *st, struct answer *a)
{
	size_t n = a->stamps.len / sizeof(double);
	double last = 0;
	if (st->stamps_unknown || n != live_tokens((struct span){a->text.data, a->text.len}))
		return;
	for (size_t i = 0; i < n; i++) {
		double at;
		memcpy(&at, a->stamps.data + i * sizeof(at), sizeof(at));
		if (at < last)
			return;	/* not of the whole stream: each segment begins anew */
		last = at;
	}
	for (size_t i = 0; i < a->n_events; i++) {
		const struct event *v = &a->events[i];
		double at;
		if (v->amount == 0 || v->amount > n)
			continue;	/* more words than in the end: their place is not known */
		memcpy(&at, a->stamps.data + (v->amount - 1) * sizeof(at), sizeof(at));
		uint64_t spoken = a->speech_start + (uint64_t)(at * 1e9);
		(void)answer_add_partial_delay(a, v->ns > spoken ? v->ns - spoken : 0);
	}
}

static enum outcome finish(void *state, const struct sample *sample, struct answer *answer)
{
	struct state *st = state;
	(void)sample;
	if (answer->scratch.len > 0) {	/* no second pass came for it */
		st->stamps_unknown = true;
		if (buf_add(&answer->text, answer->scratch.data, answer->scratch.len) < 0)
			return OUTCOME_BAD_JSON;
	}
	find_delays(st, answer);
	return OUTCOME_OK;
}

const struct protocol protocol_funasr_ws = {
	.name = "funasr-ws",
	.kind = "asr",
	.summary = "live speech over a WebSocket, as FunASR's runtime speaks it",
	.route = "WebSocket /stream",
	.full_route = true,
	.live = true,
	.options = options,
	.settings_size = sizeof(struct settings),
	.state_size = sizeof(struct state),
	.check = check,
	.encode = encode,
	.head = head,
	.receive = receive,
	.finish = finish,
};
