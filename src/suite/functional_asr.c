/* src/suite/functional_asr.c - functional cases of speech recognition.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/functional_rows.h"

#include <math.h>

#include "audio/decode.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "suite/utterance.h"

#define ERROR_RATE_MAX    0.20
#define MIXED_RATE_MAX    0.30
#define MARK_SHARE_MIN    0.50
#define STRETCH_WORDS     24
#define STRETCH_SHARE_MIN 0.25
#define WHOLE_RATE_MAX    0.30
#define FORM_RATE_MAX     0.10
#define PAUSE_ERROR_MAX_S 0.3

static const struct form plain = {UTTERANCE_RATE, 1, "wav"};

/* Ask for the transcript of a sample; the call is the caller's to release when true. */
static bool ask(struct check *k, const struct sample *sample, struct call *call)
{
	call_init(call, sample);
	if (check_ask(k, call))
		return true;
	call_release(call);
	return false;
}

static bool transcribe(struct check *k, const struct utterance *u, const struct form *form,
		       const char *language, struct call *call)
{
	struct sample *sample = ARENA_NEW(k->scratch, struct sample);
	return utterance_sample(k, u, form, language, sample) && ask(k, sample, call);
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
	struct utterance u = UTTERANCE_NEW;
	struct call call;
	if (utterance_say(k, &u, language, said) && transcribe(k, &u, &plain, language, &call)) {
		expect_words(k, language, said, check_text(&call));
		call_release(&call);
	}
	utterance_release(&u);
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
	struct utterance u = UTTERANCE_NEW;
	struct call call;
	if (utterance_say(k, &u, "en", en) && utterance_silence(k, &u, 0.5) &&
	    utterance_say(k, &u, "zh", zh) && transcribe(k, &u, &plain, NULL, &call)) {
		double rate = check_error_rate("mixed", u.text.data, check_text(&call));
		if (rate <= MIXED_RATE_MAX)
			check_pass(k, "language \"%s\", %.0f %% errors over both languages",
				   call.answer.language, 100 * rate);
		else
			check_fail(k, "wrong-answer",
				   "said \"%s\", answered \"%s\" (language \"%s\")", u.text.data,
				   check_text(&call), call.answer.language);
		call_release(&call);
	}
	utterance_release(&u);
}

/* A language that was not told must be found, and be told as "zh" or "Chinese". */
static void language(struct check *k)
{
	struct utterance u = UTTERANCE_NEW;
	struct call call;
	const char *said = made_sentence(&k->rng, "zh", 16, k->scratch);
	if (utterance_say(k, &u, "zh", said) && transcribe(k, &u, &plain, NULL, &call)) {
		const char *named = call.answer.language;
		if (!*named)
			check_skip(k, "the service does not tell a language");
		else if (strncasecmp(named, "zh", 2) == 0 || strcasecmp(named, "chinese") == 0 ||
			 strncasecmp(named, "cmn", 3) == 0)
			check_pass(k, "Chinese is told as \"%s\"", named);
		else
			check_fail(k, "wrong-answer", "Chinese is told as \"%s\"", named);
		call_release(&call);
	}
	utterance_release(&u);
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
	struct utterance u = UTTERANCE_NEW;
	struct call call;
	const char *first = made_sentence(&k->rng, "en", 8, k->scratch);
	const char *second = made_sentence(&k->rng, "en", 8, k->scratch);
	double from, to, at;
	if (utterance_say(k, &u, "en", first) && utterance_silence(k, &u, 1.5) &&
	    utterance_say(k, &u, "en", second) && transcribe(k, &u, &plain, "en", &call)) {
		utterance_times(&u, 0, &at, &from);
		utterance_times(&u, 1, &to, &at);
		judge_segments(k, &call.answer, (double)u.speech.n / UTTERANCE_RATE, from, to);
		call_release(&call);
	}
	utterance_release(&u);
}

/* The clip as it is after this form, as a plain WAV: what a narrower band or a lossy codec takes
 * away is not the service's fault. */
static bool as_plain(struct check *k, const struct sample *from, struct sample *ret)
{
	struct audio sound;
	struct speech s = {0};
	struct err e;
	*ret = *from;
	if (audio_decode(from->audio->data, from->audio->len, &sound, &e) < 0) {
		check_skip(k, "cannot read the clip that was made: %s", e.text);
		return false;
	}
	audio_to_mono(&sound);
	s = (struct speech){sound.samples, sound.frames, sound.rate};
	bool ok = speech_resample(&s, UTTERANCE_RATE, &e) == 0;
	if (!ok)
		check_skip(k, "cannot make the speech: %s", e.text);
	ok = ok && check_clip(k, &s, "wav", 1, ret);
	ret->text = from->text;
	ret->language = from->language;
	ret->extra = from->extra;
	if (ok)
		check_know(k, ret,
			   json_pack("{s:i, s:i, s:s}", "rate", plain.rate, "channels",
				     plain.channels, "format", plain.format));
	speech_release(&s);
	return ok;
}

/* The same words in this form as in a plain WAV of the same sound. */
static void same_as_plain(struct check *k, const struct form *form)
{
	const char *said = made_sentence(&k->rng, "en", 10, k->scratch);
	struct utterance u = UTTERANCE_NEW;
	struct sample *formed = ARENA_NEW(k->scratch, struct sample);
	struct sample *straight = ARENA_NEW(k->scratch, struct sample);
	struct call base;
	struct call other;
	if (utterance_say(k, &u, "en", said) && utterance_sample(k, &u, form, "en", formed) &&
	    as_plain(k, formed, straight) && ask(k, straight, &base)) {
		if (ask(k, formed, &other)) {
			double off = check_error_rate("en", check_text(&base), check_text(&other));
			if (off <= FORM_RATE_MAX)
				check_pass(k, "%.0f %% of the words differ from a plain WAV",
					   100 * off);
			else
				check_fail(k, "wrong-answer",
					   "as 16 kHz mono WAV \"%s\", as %s at %d Hz "
					   "with %d channel%s \"%s\"",
					   check_text(&base), form->format, form->rate,
					   form->channels, str_plural((uint64_t)form->channels),
					   check_text(&other));
			call_release(&other);
		}
		call_release(&base);
	}
	utterance_release(&u);
}

static void at_8k(struct check *k)
{
	same_as_plain(k, &(struct form){8000, 1, "wav"});
}

static void at_44k(struct check *k)
{
	same_as_plain(k, &(struct form){44100, 1, "wav"});
}

static void at_48k_stereo(struct check *k)
{
	same_as_plain(k, &(struct form){48000, 2, "wav"});
}

static void as_flac(struct check *k)
{
	same_as_plain(k, &(struct form){16000, 1, "flac"});
}

static void as_ogg(struct check *k)
{
	same_as_plain(k, &(struct form){16000, 1, "ogg"});
}

static void as_mp3(struct check *k)
{
	same_as_plain(k, &(struct form){16000, 1, "mp3"});
}

static void expect_no_words(struct check *k, const struct utterance *u, const char *what)
{
	struct call call;
	if (transcribe(k, u, &plain, "en", &call)) {
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
	struct utterance u = UTTERANCE_NEW;
	if (utterance_silence(k, &u, 4))
		expect_no_words(k, &u, "4 s of silence");
	utterance_release(&u);
}

static void noise(struct check *k)
{
	struct utterance u = UTTERANCE_NEW;
	struct err e;
	if (speech_noise(&u.speech, UTTERANCE_RATE, 4, -40, rng_next(&k->rng), &e) < 0)
		check_skip(k, "%s", e.text);
	else
		expect_no_words(k, &u, "4 s of white noise at -40 dBFS");
	utterance_release(&u);
}

/* A repetition loop: a short clip must not grow a long answer. */
static void no_loop(struct check *k)
{
	const char *said = made_sentence(&k->rng, "en", 8, k->scratch);
	struct utterance u = UTTERANCE_NEW;
	struct call call;
	if (utterance_say(k, &u, "en", said) && utterance_silence(k, &u, 6) &&
	    transcribe(k, &u, &plain, "en", &call)) {
		size_t got = strlen(check_text(&call));
		if (got <= 2 * strlen(said))
			check_pass(k, "%zu characters said, %zu answered", strlen(said), got);
		else
			check_fail(k, "wrong-answer",
				   "%zu characters said, %zu answered: \"%.200s\"", strlen(said),
				   got, check_text(&call));
		call_release(&call);
	}
	utterance_release(&u);
}

static bool fill(struct check *k, struct utterance *u, double seconds)
{
	while ((double)u->speech.n / UTTERANCE_RATE < seconds) {
		const char *text = made_sentence(&k->rng, "en", 8, k->scratch);
		if (!utterance_say(k, u, "en", text) || !utterance_silence(k, u, 0.7))
			return false;
	}
	return true;
}

struct heard {
	const bool *words;	/* of all that was said, in order */
	size_t n;
	double rate;
};

static double share_heard(const struct heard *h, size_t from, size_t to)
{
	size_t hits = 0;
	for (size_t i = from; i < MIN(to, h->n); i++)
		hits += h->words[i];
	return to > from ? (double)hits / (double)(to - from) : NAN;
}

/* Words of a sentence as they are counted. */
static size_t words_of(struct check *k, const json_t *segment)
{
	const bool *unused;
	double rate;
	return check_heard("en", json_text(segment, "text", ""), "", k->scratch, &unused, &rate);
}

/* The i-th sentence: was it heard, at its place? */
static double mark_heard(struct check *k, const struct utterance *u, const struct heard *h,
			 size_t i)
{
	size_t from = 0;
	for (size_t s = 0; s < i; s++)
		from += words_of(k, json_array_get(u->segments, s));
	return share_heard(h, from, from + words_of(k, json_array_get(u->segments, i)));
}

/* Where a stretch of words that is nearly not there begins; h->n: nowhere. */
static size_t lost_stretch(const struct heard *h)
{
	for (size_t i = 0; i + STRETCH_WORDS <= h->n; i++)
		if (share_heard(h, i, i + STRETCH_WORDS) < STRETCH_SHARE_MIN)
			return i;
	return h->n;
}

/* All of it with few errors; the sentences that mark its start, its middle and its end are there;
 * and no stretch is lost between them. A part that is cut off would be too short to show in the
 * whole. */
static void judge_complete(struct check *k, const struct utterance *u, const struct call *call)
{
	static const char *const places[] = {"first", "middle", "last"};
	const char *got = check_text(call);
	struct heard h = {0};
	double seconds = (double)u->speech.n / UTTERANCE_RATE;
	size_t n = json_array_size(u->segments);
	const size_t marks[] = {0, n / 2, n - 1};
	h.n = check_heard("en", u->text.data, got, k->scratch, &h.words, &h.rate);
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (!(mark_heard(k, u, &h, marks[i]) >= MARK_SHARE_MIN))
			check_fail(k, "wrong-answer",
				   "%.0f s of speech: its %s sentence is not in the answer: \"%s\"",
				   seconds, places[i],
				   json_text(json_array_get(u->segments, marks[i]), "text", ""));
	size_t lost = lost_stretch(&h);
	if (lost < h.n)
		check_fail(k, "wrong-answer",
			   "%.0f s of speech: words %zu to %zu of %zu are not in the answer",
			   seconds, lost + 1, lost + STRETCH_WORDS, h.n);
	else if (h.rate > WHOLE_RATE_MAX)
		check_fail(k, "wrong-answer", "%.0f s of speech: %.0f %% errors, at most %.0f %% "
			   "allowed", seconds, 100 * h.rate, 100 * WHOLE_RATE_MAX);
	else
		check_pass(k, "%.0f s answered in %.1f s, %.0f %% errors; start, middle and end "
			   "are there", seconds, ns_to_s(call->end - call->start), 100 * h.rate);
}

static void complete(struct check *k, double seconds, const char *format)
{
	struct utterance u = UTTERANCE_NEW;
	struct call call;
	const struct form form = {UTTERANCE_RATE, 1, format};
	if (fill(k, &u, seconds) && transcribe(k, &u, &form, "en", &call)) {
		judge_complete(k, &u, &call);
		call_release(&call);
	}
	utterance_release(&u);
}

static void past_half_a_minute(struct check *k)
{
	complete(k, 34, "wav");
}

static void long_audio(struct check *k)
{
	complete(k, 1810, "flac");
}

const struct functional_case asr_cases[] = {
	{"asr-english", "asr", "English speech", "at most 20 % word errors", "seed: English ASR",
	 false, english},
	{"asr-chinese", "asr", "Chinese speech", "at most 20 % character errors",
	 "seed: Chinese ASR", false, chinese},
	{"asr-mixed", "asr", "English and Chinese in one clip, no language given",
	 "at most 30 % mixed errors", "seed: Multi-language", false, mixed},
	{"asr-language", "asr", "Chinese speech, no language given", "the language told is Chinese",
	 "seed: Multi-language", false, language},
	{"asr-segments", "asr", "segments with start and end times",
	 "in order, inside the clip, cover the speech, within 300 ms of a known pause",
	 "seed: Timestamp segments", false, segments},
	{"asr-8k", "asr", "the same utterance at 8 kHz", "the same words as in a WAV of 16 kHz",
	 "A19: vllm-project/vllm #47693", false, at_8k},
	{"asr-44k", "asr", "the same utterance at 44.1 kHz", "the same words as in a WAV of 16 kHz",
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
	{"asr-36s", "asr", "more than half a minute of speech, complete",
	 "sentences at start, middle and end are there, no 24 words lost, at most 30 % errors",
	 "seed: Long audio", false, past_half_a_minute},
	{"asr-long", "asr", "30 minutes of speech, complete",
	 "sentences at start, middle and end are there, no 24 words lost, at most 30 % errors",
	 "seed: Long audio", true, long_audio},
	{0},
};
