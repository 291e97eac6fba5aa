/* workers/pocketsphinx/main.c - English speech to text with pocketsphinx.
 *
 * The stream is cut into utterances at pauses (see endpoint.h), so that memory stays bounded and
 * text comes while the speaker goes on; each is recognised as a whole (cepstral means of all of
 * it), and once more quickly, as it comes, when partial results are asked for. What cannot be
 * speech is not given to the recogniser, which would find words in any noise: stretches in which
 * nothing is active or no 50 ms are voiced. Words in which nothing is active are left out.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/util.h"
#include "endpoint.h"
#include "recognise.h"
#include "worker/guest.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "s16le");

#define UTTERANCE_MAX (28 * FRAMES_PER_S)
#define LEAD 30			/* frames of quiet kept in front of speech */
#define TAIL 30			/* … and behind it */
#define VOICED_MIN 5		/* frames */
#define WORDS_MAX 512		/* of an utterance: nobody speaks 18 a second */
#define SEGMENT_PAUSE 30	/* frames between words that end a segment */
#define PARTIAL_EVERY 50	/* frames */
#define TEXT_MAX ((size_t)48 * 1024)	/* of done: it must fit into a frame's header */

/* An utterance may end after so long a pause once it is so long; the last row always holds. */
static const struct {
	int length, pause;	/* frames */
} cuts[] = {{20 * FRAMES_PER_S, 20}, {10 * FRAMES_PER_S, 40}, {0, 80}};

static struct {
	struct recogniser *full, *quick;
	const char *model;
	char *ours;		/* the bundle's model; NULL: the system's */
	bool f32, partials, word_times;
	struct endpoint endpoint;
	int16_t pcm[UTTERANCE_MAX * FRAME];
	struct activity frames[UTTERANCE_MAX];
	int n;			/* frames in pcm */
	int first, last;	/* active ones; -1: none */
	int shown;		/* frames given to the quick recogniser */
	int64_t base;		/* frames of the stream in front of pcm */
	int16_t piece[FRAME];	/* an unfinished frame */
	size_t n_piece;
	int64_t samples;	/* of the whole stream */
	struct buf text;
	struct word words[WORDS_MAX];
} s;

static double seconds(int64_t frames)
{
	return (double)frames / FRAMES_PER_S;
}

/* Forget the first n frames of the buffer. */
static void drop(int n)
{
	memmove(s.pcm, s.pcm + (size_t)n * FRAME, (size_t)(s.n - n) * FRAME * sizeof(s.pcm[0]));
	memmove(s.frames, s.frames + n, (size_t)(s.n - n) * sizeof(s.frames[0]));
	s.n -= n;
	s.base += n;
	s.first = -1;
	s.last = -1;
	for (int i = 0; i < s.n; i++) {
		if (!s.frames[i].active)
			continue;
		if (s.first < 0)
			s.first = i;
		s.last = i;
	}
	s.shown = 0;
}

static int send_segment(struct guest_request *r, const struct word *w, size_t n, struct err *e)
{
	size_t at = s.text.len;
	json_t *list = s.word_times ? json_array() : NULL;
	for (size_t i = 0; i < n; i++) {
		if (s.text.len > 0)
			(void)buf_char(&s.text, ' ');
		if (i == 0)
			at = s.text.len;
		(void)buf_str(&s.text, w[i].text);
		if (list)
			(void)json_array_append_new(
				list, json_pack("{s:s, s:f, s:f}", "word", w[i].text, "start",
						seconds(s.base + w[i].start), "end",
						seconds(s.base + w[i].end)));
	}
	if (s.text.failed) {
		json_decref(list);
		return err_set(e, ERR_SYSTEM, "out of memory for the text");
	}
	json_t *h = json_pack("{s:f, s:f, s:s}", "start", seconds(s.base + w[0].start), "end",
			      seconds(s.base + w[n - 1].end), "text", s.text.data + at);
	json_put(h, "words", list);
	return guest_reply(r, "segment", h, NULL, 0, e);
}

/* Words that are only in the recogniser's mind go out; times do not run past the sound. */
static size_t keep_heard(size_t n, int frames)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		struct word w = s.words[i];
		w.end = MIN(w.end, frames);
		bool heard = false;
		for (int k = w.start; k < w.end; k++)
			heard |= s.frames[k].active;
		if (heard)
			s.words[kept++] = w;
	}
	return kept;
}

/* Recognise the first n frames and send them, in segments parted by pauses. */
static int recognise(struct guest_request *r, int n, struct err *e)
{
	int voiced = 0;
	for (int i = 0; i < n; i++)
		voiced += s.frames[i].voiced;
	if (voiced < VOICED_MIN)
		return 0;
	size_t n_words;
	if (recogniser_words(s.full, s.pcm, (size_t)n * FRAME, s.words, WORDS_MAX, &n_words, e) < 0)
		return -1;
	n_words = keep_heard(n_words, n);
	size_t from = 0;
	for (size_t i = 1; i <= n_words; i++) {
		if (i < n_words && s.words[i].start - s.words[i - 1].end < SEGMENT_PAUSE)
			continue;
		if (send_segment(r, s.words + from, i - from, e) < 0)
			return -1;
		from = i;
	}
	return 0;
}

/* Where to cut what has no pause: the quietest fifth of a tenth of a second of the last 5 s. */
static int quietest(void)
{
	int best = s.n;
	double least = INFINITY;
	for (int i = s.n - 5 * FRAMES_PER_S; i + 4 < s.n; i++) {
		double sum = 0;
		for (int k = 0; k < 4; k++)
			sum += s.frames[i + k].level;
		if (sum < least) {
			least = sum;
			best = i + 2;
		}
	}
	return best;
}

static int finish_utterance(struct guest_request *r, int n, struct err *e)
{
	if (s.quick)
		recogniser_end(s.quick);
	if (guest_cancelled(r))
		return err_set(e, ERR_INTERRUPTED, "cancelled");
	int rc = recognise(r, n, e);
	drop(n);
	return rc;
}

static int show_partial(struct guest_request *r, struct err *e)
{
	if (!s.partials || s.first < 0 || s.n - s.shown < PARTIAL_EVERY)
		return 0;
	if (s.shown == 0 && recogniser_begin(s.quick, e) < 0)
		return -1;
	if (recogniser_add(s.quick, s.pcm + (size_t)s.shown * FRAME,
			   (size_t)(s.n - s.shown) * FRAME, e) < 0)
		return -1;
	s.shown = s.n;
	char text[4096];
	recogniser_look(s.quick, text, sizeof(text));
	return text[0] ? guest_reply(r, "partial", json_pack("{s:s}", "text", text), NULL, 0, e)
		       : 0;
}

static int take_frame(struct guest_request *r, const int16_t *frame, struct err *e)
{
	memcpy(s.pcm + (size_t)s.n * FRAME, frame, FRAME * sizeof(frame[0]));
	struct activity a = endpoint_frame(&s.endpoint, frame);
	s.frames[s.n] = a;
	if (a.active && s.first < 0)
		s.first = s.n;
	if (a.active)
		s.last = s.n;
	s.n++;
	if (s.first < 0) {
		if (s.n >= 2 * LEAD)
			drop(s.n - LEAD);
		return 0;
	}
	int pause = s.n - 1 - s.last;
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
		if (s.n - s.first >= cuts[i].length && pause >= cuts[i].pause)
			return finish_utterance(r, s.last + 1 + MIN(pause / 2, TAIL), e);
	if (s.n == UTTERANCE_MAX)
		return finish_utterance(r, quietest(), e);
	return show_partial(r, e);
}

static int take_sample(struct guest_request *r, int16_t v, struct err *e)
{
	s.samples++;
	s.piece[s.n_piece++] = v;
	if (s.n_piece < FRAME)
		return 0;
	s.n_piece = 0;
	return take_frame(r, s.piece, e);
}

static int16_t from_float(float v)
{
	v *= 32768.0f;
	return isnan(v) ? 0 : v >= 32767.0f ? 32767 : v <= -32768.0f ? -32768 : (int16_t)lrintf(v);
}

static int begin(struct guest_request *r, const struct frame *f, struct err *e)
{
	const char *format = json_text(f->header, "format", "s16le");
	s.f32 = strcmp(format, "f32le") == 0;
	if (!s.f32 && strcmp(format, "s16le") != 0) {
		guest_code(r, "protocol");
		return err_set(e, ERR_USAGE, "'format' is neither s16le nor f32le");
	}
	s.partials = json_is_true(json_object_get(f->header, "partials"));
	s.word_times = json_is_true(json_object_get(f->header, "word_times"));
	s.n = 0;
	s.first = -1;
	s.last = -1;
	s.shown = 0;
	s.base = 0;
	s.n_piece = 0;
	s.samples = 0;
	buf_clear(&s.text);
	endpoint_init(&s.endpoint);
	if (s.partials && !s.quick)
		return recogniser_new(s.model, true, &s.quick, e);
	return 0;
}

static int audio(struct guest_request *r, const struct frame *f, struct err *e)
{
	size_t size = s.f32 ? sizeof(float) : sizeof(int16_t);
	if (f->payload_len % size != 0) {
		guest_code(r, "protocol");
		return err_set(e, ERR_USAGE, "a frame of audio does not hold whole samples");
	}
	for (size_t i = 0; i < f->payload_len; i += size) {
		int16_t v;
		float x;
		if (s.f32) {
			memcpy(&x, f->payload + i, sizeof(x));
			v = from_float(x);
		} else {
			memcpy(&v, f->payload + i, sizeof(v));
		}
		if (take_sample(r, v, e) < 0)
			return -1;
	}
	return 0;
}

static int end(struct guest_request *r, const struct frame *f, json_t *done, struct err *e)
{
	(void)f;
	int64_t samples = s.samples;
	while (s.n_piece > 0)	/* the last frame is filled up with silence */
		if (take_sample(r, 0, e) < 0)
			return -1;
	if (s.first >= 0 && finish_utterance(r, s.n, e) < 0)
		return -1;
	/* A longer text is that of the segments, joined by spaces. */
	if (s.text.len <= TEXT_MAX)
		json_put_text(done, "text", s.text.len > 0 ? s.text.data : "");
	json_put_text(done, "language", "en");
	json_put_real(done, "duration", (double)samples / RATE);
	return 0;
}

static int open_recogniser(int argc, char **argv, json_t *ready, struct err *e)
{
	const char *named = getenv("ASSAY_POCKETSPHINX_MODEL");
	s.ours = file_find_share("pocketsphinx/en-us");
	s.model = argc > 1 ? argv[1] : named ? named : s.ours ? s.ours : MODEL_DIR "/en-us";
	s.first = -1;
	s.last = -1;
	buf_init(&s.text, (size_t)64 << 20);
	if (recogniser_new(s.model, false, &s.full, e) < 0)
		return -1;
	json_put(ready, "languages", json_pack("[s]", "en"));
	json_put_int(ready, "sample_rate", RATE);
	json_put_text(ready, "model", "en-us");
	json_put_text(ready, "version", "0.8+5prealpha");
	return 0;
}

static void close_recogniser(void)
{
	s.full = recogniser_free(s.full);
	s.quick = recogniser_free(s.quick);
	buf_release(&s.text);
	free(s.ours);
}

int main(int argc, char **argv)
{
	static const struct guest pocketsphinx = {
		.name = "pocketsphinx", .task = "asr", .open = open_recogniser, .begin = begin,
		.audio = audio, .end = end, .close = close_recogniser,
	};
	return guest_main(&pocketsphinx, argc, argv);
}
