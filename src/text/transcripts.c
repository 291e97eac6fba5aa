/* src/text/transcripts.c - see transcripts.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "text/transcripts.h"

#include <assert.h>

#include "base/file.h"
#include "base/str.h"
#include "base/util.h"
#include "text/transcripts_own.h"

#define FILE_MAX ((size_t)1 << 30)

const char *const transcript_format_names[] = {"auto", "jsonl", "kaldi", "trn", "tsv", "csv",
					       "stm", "ctm", "lines", NULL};

bool lines_next(struct lines *l, struct span *ret)
{
	if (l->pos >= l->len)
		return false;
	const char *start = l->data + l->pos;
	const char *end = memchr(start, '\n', l->len - l->pos);
	size_t n = end ? (size_t)(end - start) : l->len - l->pos;
	l->pos += n + 1;
	l->number++;
	if (n > 0 && start[n - 1] == '\r')
		n--;
	*ret = (struct span){start, n};
	return true;
}

struct span take_word(struct span *line)
{
	struct span rest = span_trim(*line);
	size_t n = 0;
	while (n < rest.len && rest.data[n] != ' ' && rest.data[n] != '\t')
		n++;
	*line = span_trim((struct span){rest.data + n, rest.len - n});
	return (struct span){rest.data, n};
}

struct utterance *transcripts_add(struct transcripts_file *f, struct span id, struct span text,
				  struct span speaker, size_t line)
{
	struct utterance *u = ARENA_ADD(f->arena, f->out.items, f->out.n);
	u->id = arena_strn(f->arena, id.data, id.len);
	u->text = arena_strn(f->arena, text.data ? text.data : "", text.len);
	u->text_len = text.len;
	u->speaker = speaker.len > 0 ? arena_strn(f->arena, speaker.data, speaker.len) : NULL;
	u->file = NULL;
	u->line = line;
	return u;
}

static size_t digits(const char *text, size_t n)
{
	size_t i = 0;
	while (i < n && text[i] >= '0' && text[i] <= '9')
		i++;
	return i;
}

/* The speaker in an id of LibriSpeech (1089-134686-0000) or AISHELL (BAC009S0002W0122); empty in
 * any other. */
static struct span speaker_of(struct span id)
{
	size_t at = digits(id.data, id.len), speaker = at;
	for (int i = 0; i < 2 && at > 0 && at < id.len && id.data[at] == '-'; i++) {
		size_t n = digits(id.data + at + 1, id.len - at - 1);
		at = n > 0 ? at + 1 + n : 0;
		if (i == 1 && at == id.len && n == 4)
			return (struct span){id.data, speaker};
	}
	if (id.len == 16 && memcmp(id.data, "BAC", 3) == 0 && id.data[6] == 'S' &&
	    id.data[11] == 'W' && digits(id.data + 3, 3) == 3 && digits(id.data + 7, 4) == 4 &&
	    digits(id.data + 12, 4) == 4)
		return (struct span){id.data + 6, 5};
	return (struct span){0};
}

static void read_kaldi(struct transcripts_file *f, struct lines *l)
{
	struct span line;
	while (lines_next(l, &line)) {
		struct span id = take_word(&line);
		if (id.len > 0)
			transcripts_add(f, id, line, speaker_of(id), l->number);
	}
}

static void read_lines(struct transcripts_file *f, struct lines *l)
{
	struct span line;
	while (lines_next(l, &line)) {
		char number[24];
		int n = snprintf(number, sizeof(number), "%zu", l->number);
		transcripts_add(f, (struct span){number, (size_t)n}, span_trim(line),
				(struct span){0}, l->number);
	}
}

/* The "(id)" at the end of a line of trn. */
static bool trn_id(struct span line, struct span *ret_id, struct span *ret_text)
{
	line = span_trim(line);
	if (line.len < 3 || line.data[line.len - 1] != ')')
		return false;
	size_t open = line.len - 1;
	while (open > 0 && line.data[open] != '(')
		open--;
	if (line.data[open] != '(')
		return false;
	*ret_id = span_trim((struct span){line.data + open + 1, line.len - open - 2});
	*ret_text = span_trim((struct span){line.data, open});
	return ret_id->len > 0 && !memchr(ret_id->data, ' ', ret_id->len);
}

static int read_trn(struct transcripts_file *f, struct lines *l, struct err *e)
{
	struct span line, id, text;
	while (lines_next(l, &line)) {
		if (span_trim(line).len == 0 || (line.len >= 2 && memcmp(line.data, ";;", 2) == 0))
			continue;
		if (!trn_id(line, &id, &text))
			return err_set(e, ERR_DATA, "%s:%zu: a line of trn ends with its id: "
				       "words (speaker-utterance)", f->out.name, l->number);
		struct span speaker = {id.data, 0};
		while (speaker.len < id.len && !strchr("-_", id.data[speaker.len]))
			speaker.len++;
		if (speaker.len == id.len)
			speaker.len = 0;
		transcripts_add(f, id, text, speaker, l->number);
	}
	return 0;
}

/* Could this be the id of a line, and no word? Plain text rarely begins every line with a word of
 * ASCII that has a digit or an underscore in it and is no number. */
static bool looks_like_id(struct span id)
{
	bool sign = false, plain = id.len >= 2, number = true;
	for (size_t i = 0; i < id.len; i++) {
		char c = id.data[i];
		number = number && c && strchr("0123456789.,:$%", c);
		sign = sign || (c >= '0' && c <= '9') || c == '_';
		plain = plain && c > ' ' && c < 0x7f;
	}
	return sign && plain && (!number || id.len >= 4);
}

/* An id that stands twice still is one: that is an error to be told, not a word to be scored. */
static bool looks_like_ids(struct lines l)
{
	struct span line;
	size_t n = 0;
	while (lines_next(&l, &line)) {
		struct span id = take_word(&line);
		if (id.len > 0 && !looks_like_id(id))
			return false;
		n += id.len > 0;
	}
	return n > 0;
}

static bool has_header(struct span line, char separator)
{
	static const char *const names[] = {"text", "sentence", "transcript", "transcription"};
	for (size_t k = 0; k < ARRAY_LEN(names); k++) {
		size_t n = strlen(names[k]);
		for (size_t i = 0; i + n <= line.len; i++) {
			bool begins = i == 0 || line.data[i - 1] == separator;
			bool ends = i + n == line.len || line.data[i + n] == separator;
			if (begins && ends && memcmp(line.data + i, names[k], n) == 0)
				return true;
		}
	}
	return false;
}

static enum transcript_format guess(const char *name, struct lines l)
{
	static const struct {
		const char *end;
		enum transcript_format format;
	} ends[] = {
		{".jsonl", TRANSCRIPT_JSONL}, {".json", TRANSCRIPT_JSONL},
		{".trn", TRANSCRIPT_TRN}, {".tsv", TRANSCRIPT_TSV}, {".csv", TRANSCRIPT_CSV},
		{".stm", TRANSCRIPT_STM}, {".ctm", TRANSCRIPT_CTM},
		{".trans.txt", TRANSCRIPT_KALDI},
	};
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (str_ends(name, ends[i].end))
			return ends[i].format;
	struct lines all = l;
	struct span line = {0}, id, text;
	while (lines_next(&l, &line) && span_trim(line).len == 0)
		;
	if (line.len > 0 && line.data[0] == '{')
		return TRANSCRIPT_JSONL;
	if (trn_id(line, &id, &text))
		return TRANSCRIPT_TRN;
	if (memchr(line.data ? line.data : "", '\t', line.len) && has_header(line, '\t'))
		return TRANSCRIPT_TSV;
	if (memchr(line.data ? line.data : "", ',', line.len) && has_header(line, ','))
		return TRANSCRIPT_CSV;
	return looks_like_ids(all) ? TRANSCRIPT_KALDI : TRANSCRIPT_LINES;
}

static int by_id(const void *a, const void *b)
{
	const struct utterance *x = *(struct utterance *const *)a;
	const struct utterance *y = *(struct utterance *const *)b;
	int order = strcmp(x->id, y->id);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

int transcripts_index(struct transcripts_file *f, struct err *e)
{
	size_t n = f->out.n;
	f->by_id = arena_array(f->arena, n, sizeof(f->by_id[0]));
	for (size_t i = 0; i < n; i++)
		f->by_id[i] = &f->out.items[i];
	qsort(f->by_id, n, sizeof(f->by_id[0]), by_id);
	for (size_t i = 1; i < n; i++)
		if (strcmp(f->by_id[i - 1]->id, f->by_id[i]->id) == 0)
			return err_set(e, ERR_DATA, "%s:%zu: the id '%s' is already in line %zu; "
				       "each may stand once (read as %s)", f->out.name,
				       f->by_id[i]->line, f->by_id[i]->id, f->by_id[i - 1]->line,
				       transcript_format_names[f->out.format]);
	return 0;
}

static int check_utf8(const char *name, const char *data, size_t len, struct err *e)
{
	size_t bad = str_utf8_valid(data, len), line = 1, start = 0;
	if (bad == len)
		return 0;
	for (size_t i = 0; i < bad; i++)
		if (data[i] == '\n') {
			line++;
			start = i + 1;
		}
	return err_set(e, ERR_DATA, "%s:%zu: byte %zu of this line (0x%02x) is no valid UTF-8; "
		       "save the file as UTF-8", name, line, bad - start + 1,
		       (unsigned int)(unsigned char)data[bad]);
}

static int parse(struct transcripts_file *f, struct lines *l, struct err *e)
{
	switch (f->out.format) {
	case TRANSCRIPT_JSONL:
		return read_jsonl(f, l, e);
	case TRANSCRIPT_TSV:
		return read_table(f, l, '\t', e);
	case TRANSCRIPT_CSV:
		return read_table(f, l, ',', e);
	case TRANSCRIPT_TRN:
		return read_trn(f, l, e);
	case TRANSCRIPT_STM:
	case TRANSCRIPT_CTM:
		return read_nist(f, l, f->out.format == TRANSCRIPT_CTM, e);
	case TRANSCRIPT_KALDI:
		read_kaldi(f, l);
		return 0;
	case TRANSCRIPT_LINES:
		read_lines(f, l);
		return 0;
	case TRANSCRIPT_AUTO:
		break;
	}
	assert(!"guessed before");
	return -1;
}

static void free_transcripts(struct transcripts **t)
{
	transcripts_free(*t);
}

int transcripts_parse(const char *name, const char *data, size_t len,
		      enum transcript_format format, bool prediction, struct transcripts **ret,
		      struct err *e)
{
	struct arena *arena = arena_new();
	struct transcripts_file *f = ARENA_NEW(arena, struct transcripts_file);
	CLEANUP(free_transcripts) struct transcripts *owned = &f->out;
	f->arena = arena;
	f->prediction = prediction;
	f->out.name = arena_str(arena, name);
	if (check_utf8(name, data, len, e) < 0)
		return -1;
	struct lines l = {data, len, 0, 0};
	if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		l.pos = 3;
	f->out.format = format == TRANSCRIPT_AUTO ? guess(name, l) : format;
	if (parse(f, &l, e) < 0 || transcripts_index(f, e) < 0)
		return -1;
	if (f->out.n == 0)
		return err_set(e, ERR_DATA, "%s holds no transcript (read as %s)", name,
			       transcript_format_names[f->out.format]);
	*ret = owned;
	owned = NULL;
	return 0;
}

int transcripts_read(const char *path, enum transcript_format format, bool prediction,
		     struct transcripts **ret, struct err *e)
{
	CLEANUP(buf_release) struct buf data = BUF_INIT(FILE_MAX);
	if (file_read(path, &data, e) < 0)
		return -1;
	return transcripts_parse(path, data.data ? data.data : "", data.len, format, prediction,
				 ret, e);
}

struct transcripts *transcripts_free(struct transcripts *t)
{
	if (t)
		arena_free(((struct transcripts_file *)t)->arena);
	return NULL;
}

const struct utterance *transcripts_find(const struct transcripts *t, const char *id)
{
	const struct transcripts_file *f = (const struct transcripts_file *)t;
	size_t lo = 0, hi = t->n;
	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;
		int order = strcmp(id, f->by_id[middle]->id);
		if (order == 0)
			return f->by_id[middle];
		if (order < 0)
			hi = middle;
		else
			lo = middle + 1;
	}
	return NULL;
}

int transcripts_set_speakers(struct transcripts *t, const struct transcripts *list, struct err *e)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct utterance *u = transcripts_find(list, t->items[i].id);
		if (!u || u->text_len == 0)
			return err_set(e, ERR_DATA, "%s names no speaker for '%s' of %s",
				       list->name, t->items[i].id, t->name);
		t->items[i].speaker = u->text;
	}
	return 0;
}

int transcripts_match(const struct transcripts *reference, const struct transcripts *hypothesis,
		      struct err *e)
{
	bool lines = reference->format == TRANSCRIPT_LINES;
	if (lines != (hypothesis->format == TRANSCRIPT_LINES))
		return err_set(e, ERR_DATA, "%s is read as %s and %s as %s: one has ids, the other "
			       "none; give --ref-format and --hyp-format", reference->name,
			       transcript_format_names[reference->format], hypothesis->name,
			       transcript_format_names[hypothesis->format]);
	if (lines && reference->n != hypothesis->n)
		return err_set(e, ERR_DATA, "%s has %zu line%s, %s has %zu: plain lines are "
			       "paired by number and must be as many", reference->name,
			       reference->n, str_plural(reference->n), hypothesis->name,
			       hypothesis->n);
	for (size_t i = 0; i < hypothesis->n; i++)
		if (!transcripts_find(reference, hypothesis->items[i].id))
			return err_set(e, ERR_DATA, "%s:%zu: the id '%s' is not in %s",
				       hypothesis->name, hypothesis->items[i].line,
				       hypothesis->items[i].id, reference->name);
	return 0;
}
