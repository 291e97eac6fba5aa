/* src/suite/voices.c - see voices.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/voices.h"

#include <math.h>

#include "audio/pcm.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "suite/maker.h"

#define CALIBRATION_MAX_RATE 0.10
#define LANGUAGES_MAX        8

static const struct {
	const char *language, *text;
} calibrations[] = {
	{"en", "artificial intelligence is transforming industries and the old doctor found "
	       "seven books in the library yesterday"},
	{"zh", "今天天气很好我们一起去公园看花"},
};

/* What is known of one language: how it is said, or why it cannot be. */
struct known {
	const char *language;
	const struct service *listener;	/* who must read it: a service of asr or chat */
	bool usable, by_service;
	const char *voice;
	char why[200];
};

struct voice_trust {
	struct known known[LANGUAGES_MAX];
	size_t n;
};

struct voice_trust *voice_trust_new(void)
{
	return calloc(1, sizeof(struct voice_trust));
}

struct voice_trust *voice_trust_free(struct voice_trust *v)
{
	free(v);
	return NULL;
}

void check_speakers(struct check *k, struct strings *ret)
{
	CLEANUP(buf_release) struct buf body = BUF_INIT((size_t)1 << 20);
	struct get_reply reply = {0};
	size_t i;
	json_t *voice;
	*ret = k->speakers;
	for (size_t n = 0; k->maker && maker_speakers[n]; n++)
		strings_add(ret, k->scratch, maker_speakers[n]);
	if (ret->n > 0 ||
	    client_get(k->client, "/v1/audio/voices", 5 * NS_PER_S, &body, &reply, NULL) < 0 ||
	    reply.status != 200)
		return;
	CLEANUP(json_unref) json_t *j = json_read(body.data, body.len, JSON_DEPTH_MAX, NULL);
	json_array_foreach(json_at(j, "voices"), i, voice) if (json_is_string(voice))
		strings_add(ret, k->scratch, json_string_value(voice));
}

const struct service *check_service(const struct check *k, const char *kind)
{
	const struct plan *plan = k->env->plan;
	for (size_t i = 0; !k->maker && i < plan->n_services; i++)
		if (strcmp(plan->services[i].kind, kind) == 0)
			return &plan->services[i];
	return NULL;
}

int answer_to_speech(const struct answer *a, struct speech *ret, struct err *e)
{
	if (a->bytes_per_sample != 2 || a->channels < 1 || a->sample_rate < 1)
		return err_set(e, ERR_DATA, "the service's sound is not 16 bit PCM");
	size_t frames = a->sound.len / (2 * (size_t)a->channels);
	float *samples = malloc(MAX(frames, (size_t)1) * sizeof(*samples));
	if (!samples)
		return err_set(e, ERR_SYSTEM, "no memory for the speech");
	pcm_to_mono(a->sound.data, PCM_S16, a->channels, frames, samples);
	*ret = (struct speech){samples, frames, a->sample_rate};
	return 0;
}

static int say_by_service(const struct service *s, const char *text, struct speech *ret,
			  struct err *e)
{
	struct client *client = NULL;
	struct sample sample = {.id = "speech", .text = text};
	struct call call;
	if (client_new(s, &client, e) < 0)
		return -1;
	call_init(&call, &sample);
	int rc = client_call(client, &call, e);
	if (rc == 0 && call.outcome != OUTCOME_OK)
		rc = err_set(e, ERR_DATA, "%s answered %s", s->name, outcome_name(call.outcome));
	if (rc == 0)
		rc = answer_to_speech(&call.answer, ret, e);
	call_release(&call);
	(void)client_free(client);
	return rc;
}

static int say(struct check *k, const struct known *how, const char *text, struct speech *ret,
	       struct err *e)
{
	if (how->by_service)
		return say_by_service(check_service(k, "tts"), text, ret, e);
	return speaker_say(k->env->speaker, how->voice, text, 1.0, ret, e);
}

static const char *const transcribe_question =
	"Write down word for word what is said in this recording, and nothing else.";

const char *check_transcribe_question(void)
{
	return transcribe_question;
}

/* What the listener reads in the clip. False: it gave no answer (why says more). */
static bool read_clip(struct check *k, const struct known *how, const char *text,
		      struct media *m, double *ret_rate, char *why, size_t size)
{
	struct sample sample = {.audio = m};
	struct call call;
	struct err e = {0};
	const char *kind = strcmp(k->kind, "chat") == 0 ? "chat" : "asr";
	const char *answers[1] = {text};
	sample.id = arena_fmt(k->scratch, "calibration-%s", how->language);
	if (strcmp(kind, "chat") == 0) {
		sample.question = transcribe_question;
		sample.answers = answers;
		sample.n_answers = 1;
		sample.judge = "chrf";
		if (media_add_base64(m, k->scratch, &e) < 0)
			return false;
	} else {
		sample.text = text;
		sample.language = how->language;
	}
	call_init(&call, &sample);
	call.ask.temperature = 0;
	int rc = strcmp(kind, k->kind) == 0 ? check_call(k, &call, &e)
					    : check_call_other(k, how->listener, kind, &call, &e);
	bool ok = rc == 0 && call.outcome == OUTCOME_OK;
	if (ok)
		*ret_rate = check_error_rate(how->language, text, check_text(&call));
	if (ok)
		(void)snprintf(why, size, "the service reads the voice with %.0f %% errors",
			       100 * *ret_rate);
	else
		(void)snprintf(why, size, "the service gives no transcript of it: %.80s (HTTP %d)",
			       rc < 0 ? e.text : outcome_name(call.outcome), call.status);
	call_release(&call);
	return ok;
}

/* The error rate with which the service reads the calibration clip; NaN: could not be made. */
static double calibrate(struct check *k, const struct known *how, const char *text, char *why,
			size_t size)
{
	struct speech speech = {0};
	struct err e = {0};
	double rate = NAN;
	struct media *m = ARENA_NEW(k->scratch, struct media);
	if (say(k, how, text, &speech, &e) < 0 || speech_resample(&speech, 16000, &e) < 0 ||
	    speech_to_media(&speech, "calibration.wav", "wav", 1, k->scratch, m, &e) < 0)
		str_cut_copy(why, size, e.text);
	else if (!read_clip(k, how, text, m, &rate, why, size))
		rate = NAN;
	speech_release(&speech);
	return rate;
}

static void find_voice(struct check *k, struct known *how, const char *text)
{
	char why[160] = "no voice speaks it";
	bool tts = strcmp(k->kind, "tts") != 0 && check_service(k, "tts");
	how->by_service = tts;
	if (tts && calibrate(k, how, text, why, sizeof(why)) <= CALIBRATION_MAX_RATE) {
		how->usable = true;
		return;
	}
	how->by_service = false;
	how->voice = speaker_default_voice(how->language);
	if (how->voice && calibrate(k, how, text, why, sizeof(why)) <= CALIBRATION_MAX_RATE) {
		how->usable = true;
		return;
	}
	(void)snprintf(how->why, sizeof(how->why), "unreadable test speech (%s): %s", how->language,
		       why);
}

static const struct known *voice_of(struct check *k, const char *language)
{
	struct voice_trust *v = k->voices;
	const char *text = NULL;
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->known[i].language, language) == 0)
			return &v->known[i];
	for (size_t i = 0; i < ARRAY_LEN(calibrations); i++)
		if (strcmp(calibrations[i].language, language) == 0)
			text = calibrations[i].text;
	if (!text || v->n == LANGUAGES_MAX)
		return NULL;
	struct known *how = &v->known[v->n++];
	how->language = language;
	how->listener = strcmp(k->kind, "tts") == 0 ? check_service(k, "asr") : k->service;
	if (!how->listener && !k->maker)
		(void)snprintf(how->why, sizeof(how->why), "the plan has no ASR service");
	else
		find_voice(k, how, text);
	return how;
}

bool check_speech(struct check *k, const char *language, const char *text, struct speech *ret)
{
	const struct known *how = voice_of(k, language);
	struct err e;
	if (!how || !how->usable) {
		check_skip(k, "%s", how ? how->why : "no calibration clip in this language");
		return false;
	}
	if (say(k, how, text, ret, &e) < 0) {
		check_skip(k, "cannot make the speech: %s", e.text);
		return false;
	}
	return true;
}

bool check_can_hear(struct check *k, const char *language)
{
	const struct known *how = voice_of(k, language);
	return how && how->usable;
}

static float threshold(const struct speech *s)
{
	float peak = 0;
	for (size_t i = 0; i < s->n; i++)
		peak = fmaxf(peak, fabsf(s->samples[i]));
	return peak * 0.0056f; /* -45 dB */
}

size_t speech_first_sound(const struct speech *s)
{
	float limit = threshold(s);
	size_t i = 0;
	while (i < s->n && fabsf(s->samples[i]) <= limit)
		i++;
	return i;
}

size_t speech_last_sound(const struct speech *s)
{
	float limit = threshold(s);
	size_t i = s->n;
	while (i > 0 && fabsf(s->samples[i - 1]) <= limit)
		i--;
	return i;
}
