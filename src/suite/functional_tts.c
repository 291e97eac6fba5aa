/* src/suite/functional_tts.c - functional cases of speech synthesis.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/functional_rows.h"

#include <math.h>

#include "audio/measure.h"
#include "base/clock.h"
#include "base/str.h"
#include "suite/voices.h"

#define ROUND_TRIP_MAX 0.50
#define CLIPPED_MAX 0.01
#define DIGITS_AT_LEAST_S 0.4
#define HAN_AT_LEAST_S 0.08

struct spoken {
	struct call call;
	struct speech speech;
	struct audio_figures figures;
};

static void spoken_release(struct spoken *s)
{
	call_release(&s->call);
	speech_release(&s->speech);
}

/* Ask and measure; false when no valid answer came (decided). Release in any case. */
static bool say(struct check *k, const char *text, const char *speaker, double speed, bool stream,
		struct spoken *s)
{
	struct sample *sample = ARENA_NEW(k->scratch, struct sample);
	struct err e;
	*s = (struct spoken){0};
	sample->id = k->result->id;
	sample->text = text;
	call_init(&s->call, sample);
	s->call.ask.stream = stream;
	s->call.ask.speed = speed;
	s->call.ask.speaker = speaker;
	if (!check_ask(k, &s->call))
		return false;
	if (answer_to_speech(&s->call.answer, &s->speech, &e) < 0 ||
	    audio_measure(s->speech.samples, s->speech.n, s->speech.rate, &s->figures, &e) < 0) {
		check_fail(k, "wrong-answer", "%s", e.text);
		return false;
	}
	return true;
}

/* Audible: a length that the text can have, a level that can be heard, not one constant. */
static bool audible(struct check *k, const struct spoken *s, const char *text)
{
	const struct audio_figures *f = &s->figures;
	double at_least = 0.02 * (double)strlen(text);
	double at_most = 2.0 + 0.6 * (double)strlen(text);
	if (f->constant || f->nonfinite > 0 || !(f->rms_db > -50))
		check_fail(k, "wrong-answer", "nothing to be heard: RMS %.1f dB%s", f->rms_db,
			   f->nonfinite ? ", samples that are no numbers" : "");
	else if (f->seconds < at_least || f->seconds > at_most)
		check_fail(k, "wrong-answer", "%.2f s for %zu bytes of text", f->seconds,
			   strlen(text));
	else if (f->clipped_share > CLIPPED_MAX)
		check_fail(k, "wrong-answer", "%.1f %% of its samples are cut off at full scale",
			   100 * f->clipped_share);
	else if (!(f->voiced_share > 0.1))
		check_fail(k, "wrong-answer", "no voice in it: %.0f %% of its sound is voiced",
			   100 * f->voiced_share);
	else
		return true;
	return false;
}

/* What the plan's ASR service hears; NULL when there is none, it cannot read even assay's own voice
 * in this language, or it gave no answer. */
static const char *heard(struct check *k, const struct speech *speech, const char *language,
			 const char *said)
{
	struct sample sample;
	struct call call;
	struct err e;
	const char *text = NULL;
	if (!check_can_hear(k, language) || !check_clip(k, speech, "wav", 1, &sample))
		return NULL;
	sample.id = arena_fmt(k->scratch, "%s-heard", k->result->id);
	sample.text = said;
	sample.language = language;
	call_init(&call, &sample);
	if (check_call_other(k, check_service(k, "asr"), "asr", &call, &e) == 0 &&
	    call.outcome == OUTCOME_OK)
		text = arena_str(k->scratch, check_text(&call));
	call_release(&call);
	return text;
}

/* Audible, and understood by the plan's ASR service where it can read any voice. */
static void basic(struct check *k, const char *language, const char *text)
{
	struct spoken s;
	if (say(k, text, NULL, 0, false, &s) && audible(k, &s, text)) {
		const char *back = heard(k, &s.speech, language, text);
		double rate = back ? check_error_rate(language, text, back) : NAN;
		if (rate > ROUND_TRIP_MAX)
			check_fail(k, "wrong-answer", "spoken \"%s\", heard \"%s\"", text, back);
		else
			check_pass(k, "%.2f s at %d Hz, loudness %.1f LUFS%s", s.figures.seconds,
				   s.figures.rate, s.figures.loudness_lufs,
				   isnan(rate)
					   ? ""
					   : arena_fmt(k->scratch, ", heard with %.0f %% errors",
						       100 * rate));
	}
	spoken_release(&s);
}

static void english(struct check *k)
{
	basic(k, "en", made_sentence(&k->rng, "en", 12, k->scratch));
}

/* A service without Chinese refuses it: that is told as such. */
static bool refuses(struct check *k, const char *text)
{
	struct sample sample = {.id = k->result->id, .text = text, .language = "zh"};
	struct call call;
	struct err e;
	bool refused = false;
	call_init(&call, &sample);
	if (!k->maker && check_call(k, &call, &e) == 0)
		refused = call.status >= 400 && call.status < 500;
	if (refused)
		check_skip(k, "the service refuses Chinese text with HTTP %d", call.status);
	call_release(&call);
	return refused;
}

static void chinese(struct check *k)
{
	const char *text = made_sentence(&k->rng, "zh", 14, k->scratch);
	if (!refuses(k, text))
		basic(k, "zh", text);
}

/* What was added to the text must take its time: a part passed over in silence is found. */
static void longer_than(struct check *k, const char *text, const char *without, double at_least,
			const char *what)
{
	struct spoken all = {0};
	struct spoken part = {0};
	if (say(k, text, NULL, 0, false, &all) && audible(k, &all, without) &&
	    say(k, without, NULL, 0, false, &part)) {
		double more = all.figures.seconds - part.figures.seconds;
		if (more < at_least)
			check_fail(k, "wrong-answer",
				   "%.2f s with %s, %.2f s without: they are not spoken",
				   all.figures.seconds, what, part.figures.seconds);
		else
			check_pass(k, "%s take %.2f of %.2f s", what, more, all.figures.seconds);
	}
	spoken_release(&all);
	spoken_release(&part);
}

static void mixed(struct check *k)
{
	const char *en = made_sentence(&k->rng, "en", 6, k->scratch);
	const char *zh = made_sentence(&k->rng, "zh", 8, k->scratch);
	const char *text = arena_fmt(k->scratch, "%s，%s。", zh, en);
	if (!refuses(k, text))
		longer_than(k, text, en, HAN_AT_LEAST_S * (double)strlen(zh) / 3,
			    "the Chinese words");
}

static void digits(struct check *k)
{
	int n = 100 + (int)rng_below(&k->rng, 900);
	longer_than(k, arena_fmt(k->scratch, "The number is %d.", n), "The number is .",
		    DIGITS_AT_LEAST_S, "the digits");
}

/* The first two speakers that the service names: each like itself, unlike the other. */
static void speakers(struct check *k)
{
	const char *text = made_sentence(&k->rng, "en", 10, k->scratch);
	const char *again = made_sentence(&k->rng, "en", 10, k->scratch);
	struct strings names = {0};
	check_speakers(k, &names);
	if (names.n < 2) {
		check_skip(k, "the service names %zu speaker%s; name two with --speakers", names.n,
			   str_plural(names.n));
		return;
	}
	struct spoken a = {0};
	struct spoken b = {0};
	struct spoken c = {0};
	struct voice va;
	struct voice vb;
	struct voice vc;
	struct err e;
	if (say(k, text, names.items[0], 0, false, &a) &&
	    say(k, text, names.items[1], 0, false, &b) &&
	    say(k, again, names.items[0], 0, false, &c)) {
		if (voice_measure(a.speech.samples, a.speech.n, a.speech.rate, &va, &e) < 0 ||
		    voice_measure(b.speech.samples, b.speech.n, b.speech.rate, &vb, &e) < 0 ||
		    voice_measure(c.speech.samples, c.speech.n, c.speech.rate, &vc, &e) < 0)
			check_fail(k, "wrong-answer", "%s", e.text);
		else if (voice_mfcc_distance(&va, &vc) < voice_mfcc_distance(&va, &vb))
			check_pass(k, "%s is nearer to itself (%.2f) than to %s (%.2f)",
				   names.items[0], voice_mfcc_distance(&va, &vc), names.items[1],
				   voice_mfcc_distance(&va, &vb));
		else
			check_fail(k, "wrong-answer",
				   "%s is as near to %s (%.2f) as to itself (%.2f)", names.items[0],
				   names.items[1], voice_mfcc_distance(&va, &vb),
				   voice_mfcc_distance(&va, &vc));
	}
	spoken_release(&a);
	spoken_release(&b);
	spoken_release(&c);
}

/* Sound must arrive before the end, in several pieces. */
static void streaming(struct check *k)
{
	const char *text = made_sentence(&k->rng, "en", 60, k->scratch);
	struct spoken s;
	if (say(k, text, NULL, 0, true, &s) && audible(k, &s, text)) {
		const struct answer *a = &s.call.answer;
		double first = ns_to_s(a->first_token - s.call.start);
		double all = ns_to_s(a->last_token - s.call.start);
		if (a->sound_events < 2 || first > 0.8 * all)
			check_fail(k, "wrong-answer",
				   "%llu piece%s, the first after %.0f of %.0f ms",
				   (unsigned long long)a->sound_events,
				   str_plural(a->sound_events), 1e3 * first, 1e3 * all);
		else
			check_pass(k, "%llu pieces, the first after %.0f of %.0f ms",
				   (unsigned long long)a->sound_events, 1e3 * first, 1e3 * all);
	}
	spoken_release(&s);
}

static void long_text(struct check *k)
{
	const char *text = made_sentence(&k->rng, "en", 150, k->scratch);
	struct spoken s;
	if (say(k, text, NULL, 0, false, &s) && audible(k, &s, text)) {
		if (s.figures.seconds < 0.2 * 150)
			check_fail(k, "wrong-answer", "150 words in %.1f s: the end is missing",
				   s.figures.seconds);
		else
			check_pass(k, "150 words in %.1f s", s.figures.seconds);
	}
	spoken_release(&s);
}

static void empty_text(struct check *k)
{
	struct sample sample = {.id = k->result->id, .text = ""};
	struct call call;
	struct err e;
	call_init(&call, &sample);
	if (check_call(k, &call, &e) < 0)
		check_fail(k, "error", "assay could not ask: %s", e.text);
	else if (call.status >= 400 && call.status < 500)
		check_pass(k, "refused with HTTP %d", call.status);
	else
		check_fail(k, "wrong-status", "empty text was answered with HTTP %d (%s)",
			   call.status, outcome_name(call.outcome));
	call_release(&call);
}

static void speed(struct check *k)
{
	const char *text = made_sentence(&k->rng, "en", 12, k->scratch);
	struct spoken slow = {0};
	struct spoken fast = {0};
	if (say(k, text, NULL, 0.7, false, &slow) && say(k, text, NULL, 1.5, false, &fast)) {
		if (fast.figures.seconds < 0.8 * slow.figures.seconds)
			check_pass(k, "%.2f s at speed 0.7, %.2f s at 1.5", slow.figures.seconds,
				   fast.figures.seconds);
		else
			check_fail(k, "wrong-answer", "%.2f s at speed 0.7, %.2f s at 1.5",
				   slow.figures.seconds, fast.figures.seconds);
	}
	spoken_release(&slow);
	spoken_release(&fast);
}

const struct functional_case tts_cases[] = {
	{"tts-english", "tts", "English text", "valid, audible, understood by the plan's ASR",
	 "seed: TTS basic", false, english},
	{"tts-chinese", "tts", "Chinese text", "valid and audible", "seed: TTS basic", false,
	 chinese},
	{"tts-mixed", "tts", "Chinese and English in one text", "longer than the English alone",
	 "seed: TTS basic", false, mixed},
	{"tts-digits", "tts", "digits are spoken", "longer than without them", "field", false,
	 digits},
	{"tts-speakers", "tts", "speakers differ and match themselves",
	 "spectral distance: own < other", "seed: TTS speaker", false, speakers},
	{"tts-stream", "tts", "streamed sound", "several pieces, the first well before the end",
	 "seed: TTS streaming", false, streaming},
	{"tts-long", "tts", "150 words", "complete: at least 0.2 s per word",
	 "T03: waybarrios/vllm-mlx #336", false, long_text},
	{"tts-empty", "tts", "empty text is refused", "HTTP 4xx",
	 "T02: Azure-Samples/cognitive-services-speech-sdk #2111", false, empty_text},
	{"tts-speed", "tts", "speed changes the length", "1.5 is at least 20 % shorter than 0.7",
	 "INTERFACES: /synthesize speed", false, speed},
	{0},
};
