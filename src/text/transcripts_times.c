/* src/text/transcripts_times.c - NIST's formats, in which words and segments have times.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/buf.h"
#include "base/util.h"
#include "text/transcripts_own.h"

static const char ignore[] = "IGNORE_TIME_SEGMENT_IN_SCORING";

/* ---- reading ---- */

static int take_time(struct transcripts_file *f, struct span *line, size_t number, double *ret,
		     struct err *e)
{
	char text[64];
	struct span word = take_word(line);
	if (span_is(word, "*"))
		return err_set(e, ERR_DATA, "%s:%zu: alternatives (<ALT_BEGIN>) are not supported; "
			       "keep one of them", f->out.name, number);
	(void)snprintf(text, sizeof(text), "%.*s", (int)MIN(word.len, sizeof(text) - 1),
		       word.data);
	if (word.len == 0 || str_to_real(text, ret, NULL) < 0 || !(*ret >= 0))
		return err_set(e, ERR_DATA, "%s:%zu: '%.*s' is no time in seconds; a line of %s is "
			       "\"%s\"", f->out.name, number, (int)MIN(word.len, (size_t)60),
			       word.data, transcript_format_names[f->out.format],
			       f->out.format == TRANSCRIPT_CTM
				       ? "file channel start duration word"
				       : "file channel speaker start end words");
	return 0;
}

/* Rows of a channel mostly stand together: they share its name. */
static void set_channel(struct transcripts_file *f, struct timed *t, struct span file,
			struct span channel)
{
	const struct timed *before = f->n_times > 1 ? t - 1 : NULL;
	t->file = arena_strn(f->arena, file.data, file.len);
	t->channel = arena_fmt(f->arena, "%s %.*s", t->file, (int)channel.len, channel.data);
	if (before && strcmp(before->channel, t->channel) == 0) {
		t->file = before->file;
		t->channel = before->channel;
	}
}

static bool same_words(const struct timed *t, struct span file, struct span channel)
{
	return strlen(t->channel) == file.len + 1 + channel.len &&
	       memcmp(t->channel, file.data, file.len) == 0 && t->channel[file.len] == ' ' &&
	       memcmp(t->channel + file.len + 1, channel.data, channel.len) == 0;
}

/* stm: an optional <label> stands before the words. */
static struct span without_label(struct span line)
{
	const char *end = line.len > 0 && line.data[0] == '<' ? memchr(line.data, '>', line.len)
							      : NULL;
	size_t skip = end ? (size_t)(end - line.data) + 1 : 0;
	return span_trim((struct span){line.data + skip, line.len - skip});
}

static int nist_line(struct transcripts_file *f, struct span line, size_t number, bool ctm,
		     struct err *e)
{
	struct span file = take_word(&line), channel = take_word(&line), speaker = {0};
	struct timed t = {.line = number};
	if (!ctm)
		speaker = take_word(&line);
	if (take_time(f, &line, number, &t.start, e) < 0 ||
	    take_time(f, &line, number, &t.end, e) < 0)
		return -1;
	if (ctm) {
		t.end += t.start;	/* a duration */
		t.text = take_word(&line);
	} else {
		t.text = without_label(line);
	}
	t.ignored = !ctm && span_is(t.text, ignore);
	if (ctm && t.text.len == 0)
		return err_set(e, ERR_DATA, "%s:%zu: no word", f->out.name, number);
	if (t.end < t.start)
		return err_set(e, ERR_DATA, "%s:%zu: it ends before it begins", f->out.name,
			       number);
	t.text.data = arena_strn(f->arena, t.text.data, t.text.len);
	if (!ctm)
		t.speaker = arena_strn(f->arena, speaker.data, speaker.len);
	struct timed *to = ARENA_ADD(f->arena, f->times, f->n_times);
	*to = t;
	if (f->n_times > 1 && same_words(to - 1, file, channel)) {
		to->file = to[-1].file;
		to->channel = to[-1].channel;
	} else {
		set_channel(f, to, file, channel);
	}
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;
	int order = x->channel == y->channel ? 0 : strcmp(x->channel, y->channel);
	if (order)
		return order;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* One utterance of all that stands between from and to. */
static int add_joined(struct transcripts_file *f, size_t from, size_t to, const char *id,
		      struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)1 << 30);
	for (size_t i = from; i < to; i++) {
		if (f->times[i].text.len == 0 || f->times[i].ignored)
			continue;
		if (text.len > 0)
			(void)buf_char(&text, ' ');
		(void)buf_add(&text, f->times[i].text.data, f->times[i].text.len);
	}
	if (text.failed)
		return err_sys(e, "no memory for %s", f->out.name);
	struct utterance *u = transcripts_add(f, span_of(id),
					      (struct span){text.data, text.len},
					      (struct span){0}, f->times[from].line);
	u->file = f->times[from].file;
	return 0;
}

/* Where the channel of the one at `from` ends. */
static size_t channel_end(const struct transcripts_file *f, size_t from)
{
	size_t to = from + 1;
	while (to < f->n_times && strcmp(f->times[to].channel, f->times[from].channel) == 0)
		to++;
	return to;
}

static int join_channels(struct transcripts_file *f, struct err *e)
{
	f->out.items = NULL;
	f->out.n = 0;
	for (size_t from = 0, to; from < f->n_times; from = to) {
		to = channel_end(f, from);
		if (add_joined(f, from, to, f->times[from].channel, e) < 0)
			return -1;
	}
	return 0;
}

static const char *segment_id(struct transcripts_file *f, const struct timed *t)
{
	return arena_fmt(f->arena, "%s %s %.15g", t->channel, t->speaker, t->start);
}

int read_nist(struct transcripts_file *f, struct lines *l, bool ctm, struct err *e)
{
	struct span line;
	while (lines_next(l, &line)) {
		line = span_trim(line);
		if (line.len == 0 || (line.len >= 2 && memcmp(line.data, ";;", 2) == 0))
			continue;
		if (nist_line(f, line, l->number, ctm, e) < 0)
			return -1;
	}
	if (f->n_times > 0)
		qsort(f->times, f->n_times, sizeof(f->times[0]), by_time);
	if (ctm)
		return join_channels(f, e);
	for (size_t i = 0; i < f->n_times; i++) {
		const struct timed *t = &f->times[i];
		if (t->ignored)
			continue;
		struct utterance *u = transcripts_add(f, span_of(segment_id(f, t)), t->text,
						      span_of(t->speaker), t->line);
		u->file = t->file;
	}
	return 0;
}

/* ---- fitting ---- */

static double distance(const struct timed *segment, double at)
{
	return fmax(0, fmax(segment->start - at, at - segment->end));
}

/* The segment of a channel (from … to, by start) that a moment lies in, else the nearest. */
static size_t segment_at(const struct transcripts_file *f, size_t from, size_t to,
			 const double *latest, double at)
{
	size_t lo = from, hi = to;	/* the first that begins behind it */
	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;
		if (f->times[middle].start <= at)
			lo = middle + 1;
		else
			hi = middle;
	}
	size_t best = lo < to ? lo : to - 1;
	/* Those before it, as far back as one of them may still reach so near. */
	for (size_t i = lo; i > from; i--) {
		if (distance(&f->times[i - 1], at) < distance(&f->times[best], at) ||
		    (distance(&f->times[i - 1], at) == distance(&f->times[best], at) &&
		     best >= lo))
			best = i - 1;
		double apart = distance(&f->times[best], at);
		if (apart == 0 || at - latest[i - 1] >= apart)
			break;
	}
	return best;
}

/* Cut the words of one channel into its segments. */
static int cut_channel(const struct transcripts_file *r, size_t from, size_t to,
		       const double *latest, struct transcripts_file *h, size_t first, size_t end,
		       struct err *e)
{
	size_t n = to - from;
	CLEANUP(free_ptr) struct buf *texts = calloc(n, sizeof(texts[0]));
	if (!texts)
		return err_sys(e, "no memory for %zu segments", n);
	for (size_t k = 0; k < n; k++)
		buf_init(&texts[k], (size_t)1 << 30);
	for (size_t i = first; i < end; i++) {
		const struct timed *w = &h->times[i];
		size_t k = segment_at(r, from, to, latest, (w->start + w->end) / 2) - from;
		h->out.words_left_out += r->times[from + k].ignored;
		if (texts[k].len > 0)
			(void)buf_char(&texts[k], ' ');
		(void)buf_add(&texts[k], w->text.data, w->text.len);
	}
	bool failed = false;
	for (size_t k = 0; k < n; k++) {
		const struct timed *t = &r->times[from + k];
		failed = failed || texts[k].failed;
		if (!failed && !t->ignored)
			transcripts_add(h, span_of(segment_id(h, t)),
					(struct span){texts[k].data, texts[k].len},
					(struct span){0}, h->times[first].line);
		buf_release(&texts[k]);
	}
	return failed ? err_sys(e, "no memory for %s", h->out.name) : 0;
}

static int cut(const struct transcripts_file *r, struct transcripts_file *h, struct err *e)
{
	double *latest = arena_array(h->arena, r->n_times + 1, sizeof(latest[0]));
	size_t to, first = 0, end;
	h->out.items = NULL;
	h->out.n = 0;
	for (size_t from = 0; from < r->n_times; from = to) {
		to = channel_end(r, from);
		for (size_t i = from; i < to; i++)
			latest[i] = i > from ? fmax(latest[i - 1], r->times[i].end)
					     : r->times[i].end;
		int order = -1;
		for (; first < h->n_times; first++) {
			order = strcmp(h->times[first].channel, r->times[from].channel);
			if (order >= 0)
				break;
			return err_set(e, ERR_DATA, "%s:%zu: the file and channel '%s' are not in "
				       "%s", h->out.name, h->times[first].line,
				       h->times[first].channel, r->out.name);
		}
		if (order != 0)
			continue;	/* missing */
		end = channel_end(h, first);
		if (cut_channel(r, from, to, latest, h, first, end, e) < 0)
			return -1;
		first = end;
	}
	if (first < h->n_times)
		return err_set(e, ERR_DATA, "%s:%zu: the file and channel '%s' are not in %s",
			       h->out.name, h->times[first].line, h->times[first].channel,
			       r->out.name);
	return transcripts_index(h, e);
}

static int join(struct transcripts_file *f, struct err *e)
{
	return join_channels(f, e) < 0 ? -1 : transcripts_index(f, e);
}

static bool same_segments(const struct transcripts *reference, const struct transcripts *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (!transcripts_find(reference, h->items[i].id))
			return false;
	return true;
}

int transcripts_fit(struct transcripts *reference, struct transcripts *const *hypotheses,
		    size_t n, struct err *e)
{
	struct transcripts_file *r = (struct transcripts_file *)reference;
	bool others = false, ignored = false;
	if (reference->format != TRANSCRIPT_STM)
		return 0;
	for (size_t i = 0; i < n; i++)
		others = others || (hypotheses[i]->format == TRANSCRIPT_STM &&
				    !same_segments(reference, hypotheses[i]));
	for (size_t i = 0; i < r->n_times; i++)
		ignored = ignored || r->times[i].ignored;
	if (others && ignored)
		return err_set(e, ERR_DATA, "%s ignores parts, and the segments of the hypothesis "
			       "are others: which of its words belong to them cannot be told; give "
			       "words with times (ctm)", reference->name);
	if (others && join(r, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct transcripts_file *h = (struct transcripts_file *)hypotheses[i];
		if (others && hypotheses[i]->format == TRANSCRIPT_STM && join(h, e) < 0)
			return -1;
		if (!others && hypotheses[i]->format == TRANSCRIPT_CTM && cut(r, h, e) < 0)
			return -1;
	}
	return 0;
}
