/* src/text/transcripts_read.c - readers of JSONL and tables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "text/transcripts_own.h"

static const char *first_text(const json_t *j, const char *const *keys)
{
	for (; *keys; keys++) {
		const json_t *v = json_object_get(j, *keys);
		if (json_is_string(v))
			return *keys;
	}
	return NULL;
}

static int json_line(struct transcripts_file *f, const json_t *j, size_t line, struct err *e)
{
	static const char *const ids[] = {"id", "key", "audio_filepath", "utt", NULL};
	static const char *const texts[] = {"text", "pred_text", "sentence", NULL};
	static const char *const predictions[] = {"pred_text", "text", "sentence", NULL};
	const char *text = first_text(j, f->prediction ? predictions : texts);
	const char *id = first_text(j, ids);
	if (!text)
		return err_set(e, ERR_DATA, "%s:%zu: no \"text\"", f->out.name, line);
	if (!id)
		return err_set(e, ERR_DATA, "%s:%zu: no \"id\", \"key\" or \"audio_filepath\"",
			       f->out.name, line);
	const json_t *v = json_object_get(j, text);
	struct span content = {json_string_value(v), json_string_length(v)};
	const char *speaker = json_text(j, "speaker", "");
	transcripts_add(f, span_of(json_string_value(json_object_get(j, id))), content,
			span_of(speaker), line);
	return 0;
}

int read_jsonl(struct transcripts_file *f, struct lines *l, struct err *e)
{
	struct span line;
	while (lines_next(l, &line)) {
		if (span_trim(line).len == 0)
			continue;
		CLEANUP(json_unref) json_t *j = json_read(line.data, line.len, JSON_DEPTH_MAX, e);
		if (!j)
			return err_prefix(e, "%s:%zu: ", f->out.name, l->number);
		if (!json_is_object(j))
			return err_set(e, ERR_DATA, "%s:%zu: a line holds one JSON object",
				       f->out.name, l->number);
		if (json_line(f, j, l->number, e) < 0)
			return -1;
	}
	return 0;
}

/* One field; *last: the row ends with it. A quoted one may hold separators and line ends. */
static int field(struct transcripts_file *f, struct lines *l, char separator, struct buf *out,
		 bool *last, struct err *e)
{
	buf_clear(out);
	const char *d = l->data;
	bool quoted = separator == ',' && l->pos < l->len && d[l->pos] == '"';
	size_t line = l->number;
	if (quoted) {
		for (l->pos++;; l->pos++) {
			if (l->pos >= l->len)
				return err_set(e, ERR_DATA, "%s:%zu: a quoted field never ends",
					       f->out.name, line);
			if (d[l->pos] == '"') {
				if (l->pos + 1 >= l->len || d[l->pos + 1] != '"')
					break;
				l->pos++;
			}
			l->number += d[l->pos] == '\n';
			(void)buf_char(out, d[l->pos]);
		}
		l->pos++;
	}
	while (l->pos < l->len && d[l->pos] != separator && d[l->pos] != '\n')
		(void)buf_char(out, d[l->pos++]);
	*last = l->pos >= l->len || d[l->pos] == '\n';
	l->pos++;
	l->number += *last;
	if (*last && out->len > 0 && out->data[out->len - 1] == '\r') {
		out->len--;
		out->data[out->len] = '\0';
	}
	return out->failed ? err_sys(e, "no memory for a field of %s", f->out.name) : 0;
}

struct columns {
	int text, id, speaker;	/* the rank of the name found; lower is better */
	size_t text_at, id_at, speaker_at, n;
};

static void column(const char *name, const char *const *names, size_t at, int *rank,
		   size_t *ret_at)
{
	for (int i = 0; names[i]; i++)
		if (str_equal_nocase(name, names[i]) && i < *rank) {
			*rank = i;
			*ret_at = at;
		}
}

static int header(struct transcripts_file *f, struct lines *l, char separator, struct columns *c,
		  struct err *e)
{
	static const char *const texts[] = {"text", "sentence", "transcript", "transcription",
					    "pred_text", "hypothesis", NULL};
	static const char *const predictions[] = {"pred_text", "hypothesis", "text", "sentence",
						  "transcript", "transcription", NULL};
	static const char *const ids[] = {"id", "key", "utt_id", "utt", "audio_filepath", "path",
					  "file", "audio", "wav", NULL};
	static const char *const speakers[] = {"speaker", "speaker_id", "client_id", NULL};
	CLEANUP(buf_release) struct buf name = BUF_INIT(1 << 20);
	*c = (struct columns){.text = 99, .id = 99, .speaker = 99};
	l->number = 1;
	for (bool last = false; !last; c->n++) {
		if (field(f, l, separator, &name, &last, e) < 0)
			return -1;
		const char *text = name.data ? name.data : "";
		column(text, f->prediction ? predictions : texts, c->n, &c->text, &c->text_at);
		column(text, ids, c->n, &c->id, &c->id_at);
		column(text, speakers, c->n, &c->speaker, &c->speaker_at);
	}
	if (c->text == 99 || c->id == 99)
		return err_set(e, ERR_DATA, "%s:1: the header names no column for %s; it needs "
			       "\"text\" (or sentence, transcript) and \"id\" (or key, path, "
			       "audio_filepath)", f->out.name, c->text == 99 ? "text" : "ids");
	return 0;
}

int read_table(struct transcripts_file *f, struct lines *l, char separator, struct err *e)
{
	struct columns c;
	if (l->pos >= l->len)
		return 0;
	if (header(f, l, separator, &c, e) < 0)
		return -1;
	CLEANUP(buf_release) struct buf value = BUF_INIT((size_t)1 << 30);
	while (l->pos < l->len) {
		struct span id = {0}, text = {0}, speaker = {0};
		size_t n = 0, line = l->number;
		for (bool last = false; !last; n++) {
			if (field(f, l, separator, &value, &last, e) < 0)
				return -1;
			const char *copy = arena_strn(f->arena, value.data ? value.data : "",
						      value.len);
			struct span s = {copy, value.len};
			if (n == c.text_at)
				text = s;
			if (n == c.id_at)
				id = s;
			if (c.speaker != 99 && n == c.speaker_at)
				speaker = s;
		}
		if (n == 1 && value.len == 0)
			continue;	/* an empty line */
		if (n != c.n)
			return err_set(e, ERR_DATA, "%s:%zu: %zu field%s, but the header has %zu",
				       f->out.name, line, n, str_plural(n), c.n);
		if (id.len == 0)
			return err_set(e, ERR_DATA, "%s:%zu: no id", f->out.name, line);
		transcripts_add(f, id, text, speaker, line);
	}
	return 0;
}
