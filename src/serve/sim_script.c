/* src/serve/sim_script.c - see sim_answers.h: right answers, and what defects make of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/json.h"
#include "base/util.h"
#include "serve/sim_answers_own.h"
#include "serve/sim_defect.h"

#define HEARD_MAX_S    30.0
#define SPOKEN_MAX_S   10.0
#define RATE	       16000
#define TEXT_MAX       ((size_t)16 << 20)
#define LOUD	       30
#define LOOP_TOKENS    2000
#define PIXELS_4K      8000000
#define SILENT_TAIL_S  3.0
#define INVENTED_TEXT  "thank you for watching"

struct plan {
	const struct sim_answers *answers;
	const struct sim *sim;
	const json_t *request;
	const struct truth *truth;
	double seconds, silence;
	struct sim_script *out;
};

static bool has(const struct plan *p, const char *name)
{
	return sim_has_defect(&p->sim->defects, name);
}

void sim_script_release(struct sim_script *s)
{
	json_decref(s->steps);
	json_decref(s->done);
	free(s->own);
	*s = (struct sim_script){0};
}

/* ---- recognition ---- */

static void every_other_word(const char *text, struct buf *out)
{
	bool keep = true;
	for (; *text; text++) {
		if (keep)
			(void)buf_char(out, *text);
		if (*text == ' ')
			keep = !keep;
	}
}

/* Is this the sound of another form that the sim reads badly? */
static bool misread(const struct plan *p)
{
	static const struct {
		const char *defect, *key, *value;
	} rows[] = {
		{"misreads-8k", "rate", "8000"},      {"misreads-44k", "rate", "44100"},
		{"misreads-stereo", "channels", "2"}, {"misreads-flac", "format", "flac"},
		{"misreads-ogg", "format", "ogg"},    {"misreads-mp3", "format", "mp3"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char number[24] = "";
		int64_t whole;
		if (json_whole(p->truth->sample->extra, rows[i].key, &whole))
			(void)snprintf(number, sizeof(number), "%lld", (long long)whole);
		const char *is = json_text(p->truth->sample->extra, rows[i].key, number);
		if (has(p, rows[i].defect) && strcmp(is, rows[i].value) == 0)
			return true;
	}
	return false;
}

static bool calibrating(const struct plan *p)
{
	return str_starts(p->truth->sample->id, "calibration");
}

/* What it hears where this was said. */
static void hear(const struct plan *p, const char *said, struct buf *out)
{
	bool other = false;
	for (const char *c = said; *c; c++)
		other |= (*c & 0x80) != 0;
	if (other && has(p, "ignores-language") && !calibrating(p))
		(void)buf_str(out, "shall we go now");
	else if (misread(p) || (has(p, "forgets-words") && !other && !calibrating(p)))
		every_other_word(said, out);
	else
		(void)buf_str(out, said);
}

static void add_segment(struct plan *p, double start, double end, const char *said,
			struct buf *all)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(TEXT_MAX);
	double late = has(p, "wrong-times") ? 1 : 0;
	if (has(p, "truncates-long-audio") && start >= HEARD_MAX_S)
		return;
	if (has(p, "skips-middle") && p->seconds > HEARD_MAX_S && end > 0.45 * p->seconds &&
	    start < 0.6 * p->seconds)
		return;
	hear(p, said, &text);
	(void)buf_fmt(all, "%s%s", all->len ? " " : "", text.data ? text.data : "");
	if (!has(p, "no-segments"))
		(void)json_array_append_new(
			p->out->steps,
			json_pack("{s:s, s:f, s:f, s:s}", "type", "segment", "start", start + late,
				  "end", end + late, "text", text.data ? text.data : ""));
}

static void repeat_end(struct buf *text)
{
	const char *at = text->data ? strrchr(text->data, ' ') : NULL;
	char word[64];
	if (!at)
		return;
	(void)snprintf(word, sizeof(word), "%.60s", at);
	for (int i = 0; i < 40; i++)
		(void)buf_str(text, word);
}

static void plan_hearing(struct plan *p)
{
	CLEANUP(buf_release) struct buf all = BUF_INIT(TEXT_MAX);
	const struct sample *s = p->truth->sample;
	const json_t *segments = json_object_get(s->extra, "segments");
	const char *language = json_text(s->extra, "spoken", s->language);
	size_t n = json_array_size(segments);
	size_t told = n > 1 && has(p, "drops-last-segment") ? n - 1 : n;
	for (size_t i = 0; i < told; i++) {
		const json_t *one = json_array_get(segments, i);
		double start = 0;
		double end = p->seconds;
		(void)json_number(one, "start", &start);
		(void)json_number(one, "end", &end);
		add_segment(p, start, end, json_text(one, "text", ""), &all);
	}
	if (n == 0 && s->text && *s->text)
		add_segment(p, 0, p->seconds, s->text, &all);
	if (all.len == 0 && has(p, "invents-on-silence"))
		add_segment(p, 0, p->seconds, INVENTED_TEXT, &all);
	if (p->silence >= SILENT_TAIL_S && has(p, "repeats"))
		repeat_end(&all);
	p->out->done = json_pack("{s:s, s:s, s:f}", "type", "done", "text",
				 all.data ? all.data : "", "duration", p->seconds);
	if ((has(p, "ignores-language") || has(p, "names-wrong-language")) && !calibrating(p))
		language = "en";
	json_put_text(p->out->done, "language", language);
}

/* ---- synthesis ---- */

/* The text without its digits, or without what is no ASCII. */
static void leave_out(const char *text, bool digits, struct buf *out)
{
	for (; *text; text++)
		if (digits ? *text < '0' || *text > '9' : !(*text & 0x80))
			(void)buf_char(out, *text);
}

static void find_speech(struct plan *p)
{
	CLEANUP(buf_release) struct buf rest = BUF_INIT(TEXT_MAX);
	const char *text = json_text(p->request, "text", "");
	if (has(p, "skips-digits") || has(p, "skips-chinese")) {
		leave_out(text, has(p, "skips-digits"), &rest);
		text = rest.data ? rest.data : "";
	}
	const char *speaker = json_text(p->request, "speaker", NULL);
	double speed = 1;
	(void)json_number(p->request, "speed", &speed);
	if (has(p, "same-voice") || (speaker && strcmp(speaker, "default") == 0))
		speaker = NULL;
	if (has(p, "ignores-speed"))
		speed = NAN;
	p->truth = truth_of_speech(p->answers, text, speaker, speed);
}

static int plan_speech(struct plan *p)
{
	const struct truth *t = p->truth;
	p->out->samples = t->samples;
	if (has(p, "cuts-long-text"))
		p->out->samples = MIN(t->samples, (size_t)(SPOKEN_MAX_S * RATE));
	bool silent = has(p, "says-nothing");
	bool loud = has(p, "clips");
	p->out->sound = t->sound;
	bool backwards = has(p, "unintelligible");
	if (silent || loud || backwards) {
		int16_t *changed = calloc(t->samples + 1, sizeof(*changed));
		if (!changed)
			return -1;
		for (size_t i = 0; loud && i < t->samples; i++)
			changed[i] = (int16_t)MAX(MIN(t->sound[i] * LOUD, INT16_MAX), INT16_MIN);
		for (size_t i = 0; backwards && i < t->samples; i++)
			changed[i] = t->sound[t->samples - 1 - i];
		p->out->own = changed;
		p->out->sound = changed;
	}
	p->out->done = json_pack("{s:s, s:i, s:I, s:s}", "type", "done", "sample_rate", RATE,
				 "samples", (json_int_t)p->out->samples, "speaker",
				 t->sample->speaker ? t->sample->speaker : "default");
	return 0;
}

/* ---- chat ---- */

static bool shows_4k(const json_t *messages)
{
	size_t i;
	size_t k;
	json_t *m;
	json_t *part;
	json_array_foreach((json_t *)messages, i, m)
		json_array_foreach(json_object_get(m, "content"), k, part) {
			int64_t width = 0;
			int64_t height = 0;
			if (json_whole(part, "width", &width) &&
			    json_whole(part, "height", &height) && width * height > PIXELS_4K)
				return true;
		}
	return false;
}

static bool shows_media(const json_t *messages)
{
	size_t i;
	size_t k;
	json_t *m;
	json_t *part;
	json_array_foreach((json_t *)messages, i, m)
		json_array_foreach(json_object_get(m, "content"), k, part)
			if (strcmp(json_text(part, "type", "text"), "text") != 0)
				return true;
	return false;
}

static void find_chat(struct plan *p)
{
	const json_t *messages = json_object_get(p->request, "messages");
	struct chat_sight sees = {
		.images = has(p, "blind") ? 0 : has(p, "ignores-second-image") ? 1 : SIZE_MAX / 65,
		.sounds = has(p, "deaf") ? 0 : has(p, "ignores-second-sound") ? 1 : SIZE_MAX / 65,
		.last_only = has(p, "forgets-turns"),
		.no_system = has(p, "ignores-system"),
		.reversed = has(p, "reverses-images"),
	};
	static const struct chat_sight all = {.images = SIZE_MAX / 65, .sounds = SIZE_MAX / 65};
	p->truth = truth_of_chat(p->answers, messages, &all);
	if (!p->truth || !calibrating(p))
		p->truth = truth_of_chat(p->answers, messages, &sees);
	if (has(p, "refuses-4k") && shows_4k(messages))
		p->out->error = "out_of_memory";
	if (has(p, "needs-an-image") && !shows_media(messages))
		p->out->error = "internal";
}

/* What it would answer without limits. */
static const char *chat_answer(const struct plan *p)
{
	const struct sample *s = p->truth->sample;
	const char *about = json_text(s->extra, "about", "");
	const char *first = s->n_answers ? s->answers[0] : "";
	if (strcmp(about, "letters") == 0 && has(p, "cannot-read"))
		return "there is no text in it";
	if (strcmp(about, "han") == 0 && (has(p, "cannot-read") || has(p, "cannot-read-chinese")))
		return "there is no text in it";
	if (strcmp(about, "chart") == 0 && has(p, "charts-rise"))
		return "the values increase";
	if (strcmp(about, "chart") == 0 && has(p, "charts-fall"))
		return "the values decrease";
	return json_text(s->extra, "answer", first);
}

static bool stops(const struct plan *p, const char *text, size_t *len)
{
	const json_t *list = json_object_get(p->request, "stop");
	bool found = false;
	for (size_t i = 0; i < json_array_size(list) && !has(p, "ignores-stop"); i++) {
		const char *at = strstr(text, json_string_value(json_array_get(list, i)));
		if (at && (size_t)(at - text) < *len) {
			*len = (size_t)(at - text);
			found = true;
		}
	}
	return found;
}

/* A token is a word and the blank before it. */
static int64_t add_tokens(struct plan *p, const char *text, size_t len, int64_t most)
{
	int64_t n = 0;
	size_t at = 0;
	while (at < len && n < most) {
		size_t end = at + 1;
		while (end < len && text[end] != ' ')
			end++;
		(void)json_array_append_new(p->out->steps,
					    json_pack("{s:s, s:s%}", "type", "token", "text",
						      text + at, end - at));
		n++;
		at = end;
	}
	return at < len ? -n : n;
}

static void plan_chat(struct plan *p)
{
	const char *text = chat_answer(p);
	size_t len = strlen(text);
	int64_t most = INT64_MAX;
	(void)json_whole(p->request, "max_tokens", &most);
	if (has(p, "ignores-max-tokens"))
		most = INT64_MAX;
	(void)stops(p, text, &len);
	int64_t n = add_tokens(p, text, len, most);
	bool loops = has(p, "answer-loops") && !calibrating(p);
	while (loops && n >= 0 && n < MIN(most, (int64_t)LOOP_TOKENS)) {
		(void)json_array_append_new(p->out->steps, json_pack("{s:s, s:s}", "type", "token",
								     "text", " "));
		int64_t more = add_tokens(p, text, len, most - n);
		n = more > 0 ? n + more : -(n - more);
		if (more == 0)
			break;
	}
	bool cut = n < 0;
	p->out->done = json_pack("{s:s, s:s}", "type", "done", "finish_reason",
				 cut && !has(p, "wrong-finish-reason") ? "length" : "stop");
	if (!has(p, "no-usage")) {
		json_put_int(p->out->done, "prompt_tokens", 16);
		json_put_int(p->out->done, "completion_tokens", cut ? -n : n);
	}
}

int sim_script_plan(const struct sim_answers *s, const struct sim *sim, const json_t *request,
		    double seconds, double silence, struct sim_script *ret)
{
	struct plan p = {s, sim, request, NULL, seconds, silence, ret};
	*ret = (struct sim_script){0};
	if (strcmp(s->kind, "asr") == 0)
		p.truth = truth_of_sound(s, json_text(request, "sha256", ""));
	else if (strcmp(s->kind, "tts") == 0)
		find_speech(&p);
	else
		find_chat(&p);
	if (!p.truth || ret->error)
		return 0;
	ret->steps = json_array();
	if (strcmp(s->kind, "asr") == 0)
		plan_hearing(&p);
	else if (strcmp(s->kind, "tts") == 0)
		return plan_speech(&p);
	else
		plan_chat(&p);
	return 0;
}
