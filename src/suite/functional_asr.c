/* src/suite/functional_asr.c - functional cases of speech recognition.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/functional_rows.h"

#include <math.h>

#include "base/clock.h"
#include "base/str.h"

#define ERROR_RATE_MAX    0.20
#define PAUSE_ERROR_MAX_S 0.3

/* Ask for the transcript of this speech; the call is the caller's to release when true. */
static bool transcribe(struct check *k, const struct speech *s, const char *format, int channels,
		       const char *language, struct call *call)
{
	struct sample *sample = ARENA_NEW(k->scratch, struct sample);
	if (!check_clip(k, s, format, channels, sample))
		return false;
	sample->language = language;
	call_init(call, sample);
	if (check_ask(k, call))
		return true;
	call_release(call);
	return false;
}

static void expect_words(struct check *k, const char *language, const char *said,
			 const char *answer)
{
	double rate = check_error_rate(language, said, answer);
	if (rate <= ERROR_RATE_MAX)
		check_pass(k, "said \"%s\", answered \"%s\": %.0f %% errors", said, answer,
			   100 * rate);
	else
		check_fail(k, "wrong-answer",
			   "said \"%s\", answered \"%s\": %.0f %% errors, at most "
			   "%.0f %% allowed",
			   said, answer, 100 * rate, 100 * ERROR_RATE_MAX);
}

static void one_language(struct check *k, const char *language, int words)
{
	const char *said = made_sentence(&k->rng, language, words, k->scratch);
	struct speech s = {0};
	struct call call;
	if (check_speech(k, language, said, &s) && transcribe(k, &s, "wav", 1, language, &call)) {
		expect_words(k, language, said, check_text(&call));
		call_release(&call);
	}
	speech_release(&s);
}

static void english(struct check *k)
{
	one_language(k, "en", 16);
}

static void chinese(struct check *k)
{
	one_language(k, "zh", 20);
}

/* English, half a second of silence, Chinese, no language given. */
static void mixed(struct check *k)
{
	const char *en = made_sentence(&k->rng, "en", 8, k->scratch);
	const char *zh = made_sentence(&k->rng, "zh", 12, k->scratch);
	struct speech all = {0};
	struct speech part = {0};
	struct speech gap = {0};
	struct call call;
	struct err e = {0};
	if (check_speech(k, "en", en, &all) && check_speech(k, "zh", zh, &part)) {
		if (speech_resample(&all, 16000, &e) < 0 || speech_resample(&part, 16000, &e) < 0 ||
		    speech_silence(&gap, 16000, 0.5, &e) < 0 || speech_append(&all, &gap, &e) < 0 ||
		    speech_append(&all, &part, &e) < 0)
			check_skip(k, "cannot make the speech: %s", e.text);
		else if (transcribe(k, &all, "wav", 1, NULL, &call)) {
			const char *both = arena_fmt(k->scratch, "%s %s", en, zh);
			double rate = check_error_rate("mixed", both, check_text(&call));
			if (rate <= 0.3 && call.answer.language[0])
				check_pass(k, "language %s, %.0f %% errors over both languages",
					   call.answer.language, 100 * rate);
			else
				check_fail(k, "wrong-answer",
					   "said \"%s\", answered \"%s\" (language "
					   "\"%s\")",
					   both, check_text(&call), call.answer.language);
			call_release(&call);
		}
	}
	speech_release(&all);
	speech_release(&part);
	speech_release(&gap);
}

static const char *segment_text(const struct answer *a, size_t i)
{
	return a->segment_text.data + a->segments[i].text_at;
}

/* Is there a border between segments near each end of the pause? */
static bool pause_is_found(const struct answer *a, double from, double to)
{
	for (size_t i = 0; i + 1 < a->n_segments; i++)
		if (fabs(a->segments[i].end - from) <= PAUSE_ERROR_MAX_S &&
		    fabs(a->segments[i + 1].start - to) <= PAUSE_ERROR_MAX_S)
			return true;
	return false;
}

static void judge_segments(struct check *k, const struct answer *a, double seconds, double from,
			   double to)
{
	double covered = 0;
	if (a->n_segments == 0) {
		check_fail(k, "wrong-answer", "the answer holds no segments");
		return;
	}
	for (size_t i = 0; i < a->n_segments; i++) {
		const struct answer_segment *s = &a->segments[i];
		if (!(s->start >= 0) || !(s->end >= s->start) || s->end > seconds + 0.1) {
			check_fail(k, "wrong-answer",
				   "segment %zu lies from %.2f to %.2f s of %.2f s", i + 1,
				   s->start, s->end, seconds);
			return;
		}
		if (i > 0 && s->start < a->segments[i - 1].start) {
			check_fail(k, "wrong-answer", "segment %zu begins before the one before it",
				   i + 1);
			return;
		}
		covered += s->end - s->start;
	}
	if (covered < 0.6 * (seconds - (to - from)))
		check_fail(k, "wrong-answer", "the segments cover %.1f of %.1f s of speech",
			   covered, seconds - (to - from));
	else if (!pause_is_found(a, from, to))
		check_fail(k, "wrong-answer",
			   "no segments end and begin within %.0f ms of the pause "
			   "from %.2f to %.2f s",
			   1000 * PAUSE_ERROR_MAX_S, from, to);
	else
		check_pass(k,
			   "%zu segments in order, the first \"%.*s\"; the pause from %.2f to %.2f "
			   "s lies between two of them",
			   a->n_segments, (int)MIN(a->segments[0].text_len, (size_t)80),
			   segment_text(a, 0), from, to);
}

/* Two sentences with a pause of 1.5 s, whose place is known from the samples themselves. */
static void segments(struct check *k)
{
	struct speech s = {0};
	struct speech more = {0};
	struct speech gap = {0};
	struct call call;
	struct err e = {0};
	if (check_speech(k, "en", made_sentence(&k->rng, "en", 8, k->scratch), &s) &&
	    check_speech(k, "en", made_sentence(&k->rng, "en", 8, k->scratch), &more)) {
		double from;
		double to;
		if (speech_resample(&s, 16000, &e) < 0 || speech_resample(&more, 16000, &e) < 0 ||
		    speech_silence(&gap, 16000, 1.5, &e) < 0) {
			check_skip(k, "cannot make the speech: %s", e.text);
		} else {
			from = (double)speech_last_sound(&s) / s.rate;
			to = (double)(s.n + gap.n + speech_first_sound(&more)) / s.rate;
			if (speech_append(&s, &gap, &e) < 0 || speech_append(&s, &more, &e) < 0)
				check_skip(k, "cannot make the speech: %s", e.text);
			else if (transcribe(k, &s, "wav", 1, "en", &call)) {
				judge_segments(k, &call.answer, (double)s.n / s.rate, from, to);
				call_release(&call);
			}
		}
	}
	speech_release(&s);
	speech_release(&more);
	speech_release(&gap);
}

/* The same utterance as another kind of file must give the same words. */
static void same_as_plain(struct check *k, int rate, const char *format, int channels)
{
	const char *said = made_sentence(&k->rng, "en", 10, k->scratch);
	struct speech s = {0};
	struct call plain;
	struct call other;
	struct err e = {0};
	if (!check_speech(k, "en", said, &s))
		return;
	if (speech_resample(&s, 16000, &e) < 0)
		check_skip(k, "cannot make the speech: %s", e.text);
	else if (transcribe(k, &s, "wav", 1, "en", &plain)) {
		if (rate != 16000 && speech_resample(&s, rate, &e) < 0)
			check_skip(k, "cannot make the speech: %s", e.text);
		else if (transcribe(k, &s, format, channels, "en", &other)) {
			double off = check_error_rate("en", check_text(&plain), check_text(&other));
			if (off <= 0.1)
				check_pass(k,
					   "%.0f %% of the words differ from the 16 kHz mono WAV",
					   100 * off);
			else
				check_fail(k, "wrong-answer",
					   "as 16 kHz mono WAV \"%s\", as %s at %d Hz "
					   "with %d channel%s \"%s\"",
					   check_text(&plain), format, rate, channels,
					   channels == 1 ? "" : "s", check_text(&other));
			call_release(&other);
		}
		call_release(&plain);
	}
	speech_release(&s);
}

static void at_8k(struct check *k)
{
	same_as_plain(k, 8000, "wav", 1);
}

static void at_44k(struct check *k)
{
	same_as_plain(k, 44100, "wav", 1);
}

static void at_48k_stereo(struct check *k)
{
	same_as_plain(k, 48000, "wav", 2);
}

static void as_flac(struct check *k)
{
	same_as_plain(k, 16000, "flac", 1);
}

static void as_ogg(struct check *k)
{
	same_as_plain(k, 16000, "ogg", 1);
}

static void as_mp3(struct check *k)
{
	same_as_plain(k, 16000, "mp3", 1);
}

static void expect_no_words(struct check *k, struct speech *s, const char *what)
{
	struct call call;
	if (transcribe(k, s, "wav", 1, "en", &call)) {
		struct span text = span_trim(span_of(check_text(&call)));
		if (text.len == 0)
			check_pass(k, "no words for %s", what);
		else
			check_fail(k, "wrong-answer", "words that nobody said: \"%.*s\"",
				   (int)MIN(text.len, (size_t)200), text.data);
		call_release(&call);
	}
}

static void silence(struct check *k)
{
	struct speech s = {0};
	struct err e;
	if (speech_silence(&s, 16000, 4, &e) < 0)
		check_skip(k, "%s", e.text);
	else
		expect_no_words(k, &s, "4 s of silence");
	speech_release(&s);
}

static void noise(struct check *k)
{
	struct speech s = {0};
	struct err e;
	if (speech_noise(&s, 16000, 4, -40, rng_next(&k->rng), &e) < 0)
		check_skip(k, "%s", e.text);
	else
		expect_no_words(k, &s, "4 s of white noise at -40 dBFS");
	speech_release(&s);
}

/* A repetition loop: a short clip must not grow a long answer. */
static void no_loop(struct check *k)
{
	const char *said = made_sentence(&k->rng, "en", 8, k->scratch);
	struct speech s = {0};
	struct speech gap = {0};
	struct call call;
	struct err e = {0};
	if (check_speech(k, "en", said, &s)) {
		if (speech_silence(&gap, s.rate, 6, &e) < 0 || speech_append(&s, &gap, &e) < 0)
			check_skip(k, "cannot make the speech: %s", e.text);
		else if (transcribe(k, &s, "wav", 1, "en", &call)) {
			size_t got = strlen(check_text(&call));
			if (got <= 2 * strlen(said))
				check_pass(k, "%zu characters said, %zu answered", strlen(said),
					   got);
			else
				check_fail(k, "wrong-answer",
					   "%zu characters said, %zu answered: "
					   "\"%.200s\"",
					   strlen(said), got, check_text(&call));
			call_release(&call);
		}
	}
	speech_release(&s);
	speech_release(&gap);
}

#define LONG_S 1810

/* 30 minutes: sentences with pauses; three markers near start, middle and end must be found. */
static bool fill_long(struct check *k, struct speech *all, const char *markers[3], struct err *e)
{
	int spoken = 0;
	while ((double)all->n / 16000 < LONG_S) {
		double at = (double)all->n / 16000 / LONG_S;
		bool mark = spoken < 3 && at >= (double[]){0.01, 0.49, 0.97}[spoken];
		struct speech s = {0};
		const char *text =
			mark ? markers[spoken] : made_sentence(&k->rng, "en", 20, k->scratch);
		bool ok = check_speech(k, "en", text, &s) && speech_resample(&s, 16000, e) == 0 &&
			  speech_append(all, &s, e) == 0;
		speech_release(&s);
		struct speech gap = {0};
		ok = ok && speech_silence(&gap, 16000, 0.7, e) == 0 &&
		     speech_append(all, &gap, e) == 0;
		speech_release(&gap);
		if (!ok)
			return false;
		spoken += mark;
	}
	return true;
}

static void long_audio(struct check *k)
{
	const char *markers[3] = {"the golden horse crossed the river",
				  "the yellow engine reached the station",
				  "the quiet captain opened the window"};
	static const char *const words[3] = {"horse", "engine|station", "captain|window"};
	struct speech all = {0};
	struct call call;
	struct err e = {0};
	if (!fill_long(k, &all, markers, &e))
		check_skip(k, "cannot make 30 minutes of speech: %s", e.text);
	else if (transcribe(k, &all, "flac", 1, "en", &call)) {
		size_t len = strlen(check_text(&call));
		size_t found = 0;
		const char *from = check_text(&call);
		/* Each marker in its own part of the text. */
		static const double parts[3][2] = {{0, 0.1}, {0.4, 0.6}, {0.9, 1}};
		for (int i = 0; i < 3; i++) {
			size_t a = (size_t)(parts[i][0] * (double)len);
			size_t b = (size_t)(parts[i][1] * (double)len);
			found += check_says(arena_strn(k->scratch, from + a, b - a), words[i]);
		}
		if (found == 3)
			check_pass(k, "30 min in %.0f s, %zu characters, all three markers found",
				   ns_to_s(call.end - call.start), len);
		else
			check_fail(k, "wrong-answer", "%zu of 3 markers found in %zu characters",
				   found, len);
		call_release(&call);
	}
	speech_release(&all);
}

const struct functional_case asr_cases[] = {
	{"asr-english", "asr", "English speech", "at most 20 % word errors", "seed: English ASR",
	 false, english},
	{"asr-chinese", "asr", "Chinese speech", "at most 20 % character errors",
	 "seed: Chinese ASR", false, chinese},
	{"asr-mixed", "asr", "English and Chinese in one clip, no language given",
	 "at most 30 % mixed errors, a language is named", "seed: Multi-language", false, mixed},
	{"asr-segments", "asr", "segments with start and end times",
	 "in order, inside the clip, cover the speech, within 300 ms of a known pause",
	 "seed: Timestamp segments", false, segments},
	{"asr-8k", "asr", "the same utterance at 8 kHz", "the same words as at 16 kHz",
	 "A19: vllm-project/vllm #47693", false, at_8k},
	{"asr-44k", "asr", "the same utterance at 44.1 kHz", "the same words as at 16 kHz",
	 "A19: vllm-project/vllm #47693", false, at_44k},
	{"asr-48k-stereo", "asr", "the same utterance at 48 kHz stereo",
	 "the same words as at 16 kHz mono", "A19: Blaizzy/mlx-vlm #2258", false, at_48k_stereo},
	{"asr-flac", "asr", "the same utterance as FLAC", "the same words as WAV",
	 "A16: ggml-org/whisper.cpp #2847", false, as_flac},
	{"asr-ogg", "asr", "the same utterance as OGG", "the same words as WAV",
	 "A16: ggml-org/whisper.cpp #3818", false, as_ogg},
	{"asr-mp3", "asr", "the same utterance as MP3", "the same words as WAV",
	 "A16: mozilla-ai/llamafile #728", false, as_mp3},
	{"asr-silence", "asr", "silence gives no words", "an empty transcript",
	 "A04: speaches-ai/speaches #133", false, silence},
	{"asr-noise", "asr", "noise gives no words", "an empty transcript",
	 "A04: huggingface/transformers #24512", false, noise},
	{"asr-loop", "asr", "no repetition loop after speech that ends in silence",
	 "the answer is at most twice as long as what was said", "A25: CrispStrobe/CrispASR #125",
	 false, no_loop},
	{"asr-long", "asr", "30 minutes of speech, complete",
	 "markers near start, middle and end are found", "seed: Long audio", true, long_audio},
	{0},
};
