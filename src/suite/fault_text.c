/* src/suite/fault_text.c - fault cases: text to speak.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "audio/measure.h"
#include "base/json.h"
#include "base/str.h"
#include "suite/fault.h"

static const char *const texts[] = {
	"", " ... !? ,,, ", "   \t ", "\n\n\n\n",
	"\xf0\x9f\x8e\x89 \xf0\x9f\x98\x80 \xf0\x9f\x8e\xb6",		/* emoji alone */
	"a\xe2\x80\x8b" "b \xe2\x80\xae reversed \xe2\x80\xac \xef\xbb\xbf mark",
	"<speak><break time=\"9999s\"/>XMARKERX</speak>",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
};

static bool speak(struct fault *f, const char *text)
{
	struct sample s = {.id = f->c->id, .text = text};
	f->sent_bytes += strlen(text);
	return fault_ask(f, &s, NULL);
}

static bool odd_text(struct fault *f)
{
	return speak(f, texts[f->c->arg]);
}

static bool long_text(struct fault *f)
{
	static const char sentence[] = "the quick brown fox jumps over the lazy dog. ";
	CLEANUP(buf_release) struct buf text = BUF_INIT(1 << 24);
	while (text.len < (size_t)f->c->arg)
		(void)buf_str(&text, sentence);
	return speak(f, text.data);
}

/* The name under which the protocol sends this. */
static const char *speed_key(json_t *j)
{
	return json_object_get(j, "speed") || !json_object_get(j, "length_scale") ? "speed"
										   : "length_scale";
}

static bool odd_speed(struct fault *f)
{
	static const double speeds[] = {0, -1, 1e-6, 1e9};
	json_t *j = fault_json(f);
	if (j)
		json_put_real(j, speed_key(j), speeds[f->c->arg]);
	return fault_post_json(f, j);
}

/* NaN is no JSON, but some parsers take it. */
static bool nan_speed(struct fault *f)
{
	struct fault_form form;
	CLEANUP(buf_release) struct buf body = BUF_INIT(65536);
	CLEANUP(json_unref) json_t *j = fault_json(f);
	if (!j || !fault_form(f, &form))
		return false;
	const char *end = form.body.data ? strrchr(form.body.data, '}') : NULL;
	if (end)
		(void)buf_add(&body, form.body.data, (size_t)(end - form.body.data));
	(void)buf_str(&body, ",\"speed\":NaN}");
	fault_form_release(&form);
	return fault_post(f, "application/json", body.data, body.len);
}

static bool unknown_speaker(struct fault *f)
{
	struct sample s = {.id = f->c->id, .text = "seven red books", .speaker = "XMARKERX"};
	struct ask how;
	ask_defaults(&how);
	how.speaker = "XMARKERX";
	return fault_ask(f, &s, &how);
}

static bool no_fields(struct fault *f)
{
	json_t *j = fault_json(f);
	json_decref(j);
	return j && fault_post(f, "application/json", "{}", 2);
}

static bool wrong_types(struct fault *f)
{
	static const char body[] = "{\"text\":{\"XMARKERX\":1},\"input\":[1,2],\"speaker\":7,"
				   "\"voice\":false,\"speed\":\"fast\"}";
	json_t *j = fault_json(f);
	json_decref(j);
	return j && fault_post(f, "application/json", body, sizeof(body) - 1);
}

#define TINY_WAV "data:audio/wav;base64,UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0" \
		 "YQIAAAAAAA=="

/* A voice to copy, without the words that it says. */
static bool no_reference_text(struct fault *f)
{
	json_t *j = fault_json(f);
	if (j)
		json_put_text(j, "ref_audio", TINY_WAV);
	return fault_post_json(f, j);
}

/* The same voice to copy under two names: a cache of one is asked for the other. */
static bool same_reference(struct fault *f)
{
	static const char *const names[] = {"first", "second"};
	bool ok = true;
	for (size_t i = 0; ok && i < ARRAY_LEN(names); i++) {
		json_t *j = fault_json(f);
		if (j) {
			json_put_text(j, "ref_audio", TINY_WAV);
			json_put_text(j, "ref_text", "seven");
			json_put_text(j, "voice", names[i]);
		}
		ok = fault_post_json(f, j);
	}
	return ok;
}

/* ---- sound that comes back ---- */

/* Ask for speech; true with its answer in *call (caller releases it in any case). */
static bool get_speech(struct fault *f, const char *text, bool stream, struct sample *s,
		       struct call *call)
{
	struct err e;
	*s = (struct sample){.id = f->c->id, .text = text};
	call_init(call, s);
	call->ask.stream = stream;
	call->timeout_ns = f->patience_ns;
	f->requests++;
	if (client_call(f->client, call, &e) < 0) {
		fault_skip(f, "%s", e.text);
		return false;
	}
	fault_judge_call(f, call);
	return call->outcome == OUTCOME_OK;
}

/* A header in the middle of the sound is noise to hear. */
static bool stray_header(struct fault *f)
{
	struct sample s;
	struct call call;
	bool ok = get_speech(f, "seven red books lie on the table near the window", true, &s,
			     &call);
	const struct buf *sound = &call.answer.sound;
	const char *at = ok && sound->len > 12 ? memmem(sound->data, sound->len, "RIFF", 4) : NULL;
	if (at && memmem(at, MIN((size_t)16, sound->len - (size_t)(at - sound->data)), "WAVE", 4))
		fault_find(f, "wrong-status", "HTTP 200 with a second WAV header %zu bytes into "
			   "the sound", (size_t)(at - sound->data));
	call_release(&call);
	return ok;
}

/* Noise at the end; integers that wrapped around. */
static bool clean_sound(struct fault *f)
{
	struct sample s;
	struct call call;
	struct audio_figures x;
	struct err e;
	float *samples = NULL;
	size_t n = 0;
	bool ok = get_speech(f, "STOP! go away! the alarm rings, run!", false, &s, &call) &&
		  answer_samples(&call.answer, &samples, &n, &e) == 0 && n > 0 &&
		  audio_measure(samples, n, call.answer.sample_rate, &x, &e) == 0;
	if (ok && x.sign_flips > 2)
		fault_find(f, "wrong-status", "HTTP 200 with %llu jump%s from one end of the scale "
			   "to the other", (unsigned long long)x.sign_flips,
			   str_plural(x.sign_flips));
	if (ok && x.nonfinite)
		fault_find(f, "wrong-status", "HTTP 200 with samples that are no numbers: %llu",
			   (unsigned long long)x.nonfinite);
	if (ok && x.tail_db > x.rms_db + 6)
		fault_find(f, "wrong-status", "HTTP 200 with its last 40 ms %.0f dB louder than "
			   "the rest", x.tail_db - x.rms_db);
	free(samples);
	call_release(&call);
	return ok;
}

/* One after the other: what each leaves behind adds up. */
static bool in_a_row(struct fault *f)
{
	for (int64_t i = 0; i < f->c->arg; i++)
		if (!speak(f, arena_fmt(f->scratch, "number %lld", (long long)i)))
			return false;
	return true;
}

#define SILENT "refuse, or a valid file without sound"

const struct fault_case fault_text_cases[] = {
	{"T01a", "tts", "only punctuation", SILENT, "QwenAudio/CosyVoice #710", ALLOW_ANY,
	 odd_text, 1, 10},
	{"T01b", "tts", "only blanks", SILENT, "QwenAudio/CosyVoice #710", ALLOW_ANY, odd_text, 2,
	 10},
	{"T02a", "tts", "empty text", SILENT, "Azure-Samples/cognitive-services-speech-sdk #2111",
	 ALLOW_ANY, odd_text, 0},
	{"T02b", "tts", "empty lines", SILENT, "synesthesiam/docker-mozillatts #18", ALLOW_ANY,
	 odd_text, 3},
	{"T03a", "tts", "a text of 20,000 characters", "refuse, or bounded work",
	 "waybarrios/vllm-mlx #336", ALLOW_BUSY, long_text, 20000, 120},
	{"T03b", "tts", "a text of 1,000,000 characters", "refuse at once",
	 "Lourdle/cosyvoice.cpp #22", ALLOW_REFUSE, long_text, 1000000, 10},
	{"T03c", "tts", "one word of 176 letters", "speak it, or refuse",
	 "Lourdle/cosyvoice.cpp #22", ALLOW_ANY, odd_text, 7, 30},
	{"T04", "tts", "a request without any field", "refuse", "vllm-project/vllm-omni #2203",
	 ALLOW_REFUSE, no_fields},
	{"T04b", "tts", "fields of wrong types", "refuse, and echo nothing",
	 "vllm-project/vllm-omni #2203", ALLOW_REFUSE, wrong_types},
	{"T04c", "tts", "ref_audio without ref_text", "refuse, or leave it alone",
	 "vllm-project/vllm-omni #2203", ALLOW_ANY, no_reference_text, 0, 10},
	{"T05", "tts", "a speaker that does not exist", "refuse, or the default; echo nothing",
	 "vllm-project/vllm-omni #6970", ALLOW_EITHER, unknown_speaker, 0, 10},
	{"T05b", "tts", "the same ref_audio under two names of voices",
	 "an answer to each, or refuse", "vllm-project/vllm-omni #6970", ALLOW_ANY, same_reference,
	 0, 20},
	{"T07a", "tts", "speed 0", "refuse", "software-mansion/react-native-executorch #1134",
	 ALLOW_REFUSE, odd_speed, 0},
	{"T07b", "tts", "speed -1", "refuse", "software-mansion/react-native-executorch #1134",
	 ALLOW_REFUSE, odd_speed, 1},
	{"T07c", "tts", "speed 0.000001", "refuse",
	 "software-mansion/react-native-executorch #1134", ALLOW_REFUSE, odd_speed, 2},
	{"T07d", "tts", "speed 1,000,000,000", "refuse",
	 "software-mansion/react-native-executorch #1134", ALLOW_REFUSE, odd_speed, 3},
	{"T07e", "tts", "speed NaN", "refuse", "software-mansion/react-native-executorch #1134",
	 ALLOW_REFUSE, nan_speed},
	{"T09", "tts", "streamed speech", "one header", "remsky/Kokoro-FastAPI #94", ALLOW_2XX,
	 stray_header, 0, 20},
	{"T10", "tts", "a loud text", "no noise at its end, no samples that wrapped around",
	 "QwenAudio/CosyVoice #1919 and its runtime (T11)", ALLOW_2XX, clean_sound, 0, 20},
	{"T12", "tts", "10 syntheses in a row", "memory stays flat", "QwenAudio/CosyVoice #491",
	 ALLOW_2XX, in_a_row, 10, 20},
	{"T12b", "tts", "200 syntheses in a row", "memory stays flat",
	 "fishaudio/fish-speech #1025",
	 ALLOW_2XX, in_a_row, 200, 20, .heavy = true},
	{"T13n", "tts", "only emoji", SILENT, "QwenAudio/CosyVoice #710", ALLOW_ANY, odd_text, 4,
	 10},
	{"T14n", "tts", "zero width and reversed characters", "speak it, or refuse",
	 "reference: no report known", ALLOW_ANY, odd_text, 5, 10},
	{"T15n", "tts", "SSML with a pause of 9999 s", "speak it as text, or refuse",
	 "reference: no report known", ALLOW_ANY, odd_text, 6, 20},
	{0},
};
