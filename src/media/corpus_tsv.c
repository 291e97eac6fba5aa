/* src/media/corpus_tsv.c - tables of VLMEvalKit: a header, tabs, pictures as base64 in the cells.
 *
 * Cells that hold tabs, quotes or line ends are quoted as in CSV (RFC 4180).
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "base/json.h"
#include "base/util.h"
#include "media/corpus_reader.h"

#define COLUMNS_MAX 100
#define CELL_MAX ((size_t)256 << 20)
#define REFERENCE_MAX 64	/* a cell so short holds the index of a row, no picture */

struct table {
	struct reader *r;
	const char *at, *end;
	int line;			/* of at */
	char *names[COLUMNS_MAX];	/* of the columns; in the arena */
	size_t n_names;
	struct buf cells[COLUMNS_MAX];
	size_t n_cells;
	json_t *pictures;		/* index of a row -> list of names */
	int n_pictures;
};

bool tsv_is(const char *name, struct span text)
{
	const char *stop = memchr(text.data, '\n', text.len);
	size_t len = stop ? (size_t)(stop - text.data) : text.len;
	if (str_ends(name, ".tsv"))
		return true;
	return len > 0 && text.data[0] != '{' && text.data[0] != '[' &&
	       memchr(text.data, '\t', len) && memmem(text.data, len, "question", 8);
}

static int quoted_cell(struct table *t, struct buf *out)
{
	for (t->at++; t->at < t->end; t->at++) {
		if (*t->at == '"') {
			if (t->at + 1 == t->end || t->at[1] != '"') {
				t->at++;
				return 0;
			}
			t->at++;
		}
		t->line += *t->at == '\n';
		if (buf_char(out, *t->at) < 0)
			return reader_wrong(t->r, "a cell is larger than %zu bytes", CELL_MAX);
	}
	return reader_wrong(t->r, "a quoted cell is not closed");
}

static int plain_cell(struct table *t, struct buf *out)
{
	const char *from = t->at;
	while (t->at < t->end && *t->at != '\t' && *t->at != '\n')
		t->at++;
	size_t len = (size_t)(t->at - from);
	if (len > 0 && (t->at == t->end || *t->at == '\n') && from[len - 1] == '\r')
		len--;
	if (buf_add(out, from, len) < 0)
		return reader_wrong(t->r, "a cell is larger than %zu bytes", CELL_MAX);
	return 0;
}

/* The next row into the cells. 1; 0: the end; -1. */
static int next_row(struct table *t)
{
	while (t->at < t->end && (*t->at == '\n' || *t->at == '\r')) {
		t->line += *t->at == '\n';
		t->at++;
	}
	if (t->at == t->end)
		return 0;
	t->r->line = t->line;
	for (t->n_cells = 0;; t->at++) {
		if (t->n_cells == COLUMNS_MAX)
			return reader_wrong(t->r, "more than %d columns", COLUMNS_MAX);
		struct buf *cell = &t->cells[t->n_cells++];
		buf_clear(cell);
		int rc = t->at < t->end && *t->at == '"' ? quoted_cell(t, cell)
							 : plain_cell(t, cell);
		if (rc < 0)
			return -1;
		if (t->at < t->end && *t->at == '\r')
			t->at++;
		if (t->at == t->end)
			return 1;
		if (*t->at == '\n') {
			t->at++;
			t->line++;
			return 1;
		}
		if (*t->at != '\t')
			return reader_wrong(t->r, "text follows the closing quote of a cell");
	}
}

/* The text of a cell; NULL: there is no such column, or it is empty. */
static const char *cell(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->n_names && i < t->n_cells; i++)
		if (strcmp(t->names[i], name) == 0)
			return t->cells[i].len > 0 ? t->cells[i].data : NULL;
	return NULL;
}

static int read_header(struct table *t)
{
	int rc = next_row(t);
	if (rc <= 0)
		return rc < 0 ? -1 : reader_wrong(t->r, "the table is empty");
	bool question = false;
	for (size_t i = 0; i < t->n_cells; i++) {
		const char *name = t->cells[i].data ? t->cells[i].data : "";
		if (i == 0 && str_starts(name, "\xef\xbb\xbf"))
			name += 3;
		for (size_t k = 0; k < i; k++)
			if (strcmp(t->names[k], name) == 0)
				return reader_wrong(t->r, "two columns are called '%.40s'", name);
		t->names[i] = arena_str(t->r->arena, name);
		question |= strcmp(name, "question") == 0;
	}
	t->n_names = t->n_cells;
	if (!question)
		return reader_wrong(t->r, "the table has no column 'question': the first line must "
				    "be a header such as index, image, question, answer");
	return 0;
}

/* One picture into the reader's media; its name into the list. */
static int take_picture(struct table *t, const char *text, size_t len, json_t *names)
{
	CLEANUP(buf_release) struct buf data = BUF_INIT(CELL_MAX);
	struct reader *r = t->r;
	struct media *m = ARENA_NEW(r->arena, struct media);
	char name[48];
	struct span s = span_trim((struct span){text, len});
	if (str_starts(s.data, "data:")) {
		const char *comma = memchr(s.data, ',', s.len);
		size_t head = comma ? (size_t)(comma + 1 - s.data) : 0;
		s = (struct span){s.data + head, s.len - head};
	}
	if (base64_decode(s.data, s.len, &data) < 0)
		return reader_wrong(r, "the picture is not base64");
	(void)snprintf(name, sizeof(name), "picture-%d", ++t->n_pictures);
	if (media_from_bytes(name, NULL, data.data ? data.data : "", data.len, r->arena, m,
			     r->e) < 0)
		return -1;
	if (m->width == 0)
		return reader_wrong(r, "what stands in the column image is no picture that assay "
				    "knows");
	(void)json_array_append_new(names, json_string(name));
	return reader_keep_media(r, name, m);
}

/* A list as Python or JSON write it: ["…", '…']; each text to take(). */
static int each_item(struct table *t, const char *text,
		     int (*take)(struct table *t, const char *text, size_t len, json_t *to),
		     json_t *to)
{
	for (const char *at = text + 1; *at && *at != ']';) {
		if (*at == ' ' || *at == ',') {
			at++;
			continue;
		}
		const char *stop = *at == '"' || *at == '\'' ? strchr(at + 1, *at) : NULL;
		if (!stop)
			return reader_wrong(t->r, "a list in a cell is not like ['…', '…']");
		if (take(t, at + 1, (size_t)(stop - at - 1), to) < 0)
			return -1;
		at = stop + 1;
	}
	return 0;
}

static int take_pictures(struct table *t, json_t *line)
{
	const char *text = cell(t, "image");
	const char *path = cell(t, "image_path");
	const char *index = cell(t, "index");
	json_t *names = json_array();
	int rc = 0;
	json_put(line, "images", names);
	if (text && strlen(text) <= REFERENCE_MAX) {
		const json_t *of = json_object_get(t->pictures, text);
		if (!of)
			return reader_wrong(t->r, "the column image names the row '%s', and no "
					    "row before this one has that index", text);
		(void)json_array_extend(names, (json_t *)of);
	} else if (text && text[0] == '[') {
		rc = each_item(t, text, take_picture, names);
	} else if (text) {
		rc = take_picture(t, text, strlen(text), names);
	} else if (path && path[0] == '[') {
		return reader_wrong(t->r, "several image_path in one row are not supported; put "
				    "the pictures into the column image");
	} else if (path) {
		(void)json_array_append_new(names, json_string(path));
	}
	if (rc == 0 && index && text)
		(void)json_object_set(t->pictures, index, names);
	return rc;
}

static int add_answer(struct table *t, const char *text, size_t len, json_t *to)
{
	(void)t;
	(void)json_array_append_new(to, json_stringn(text, len));
	return 0;
}

static bool is_number(const char *text)
{
	double value;
	return str_to_real(text, &value, NULL) == 0;
}

/* Choices become part of the question, and their letter, their text or both are the answer. */
static int take_choices(struct table *t, json_t *line, struct buf *question, json_t *answers)
{
	const char *answer = cell(t, "answer");
	char name[2] = "A";
	(void)buf_str(question, "\nOptions:\n");
	for (; name[0] <= 'Z' && cell(t, name); name[0]++) {
		(void)buf_fmt(question, "%s. %s\n", name, cell(t, name));
		if (!answer || strcmp(answer, name) != 0)
			continue;
		(void)json_array_append_new(answers, json_string(name));
		(void)json_array_append_new(answers, json_sprintf("%s. %s", name, cell(t, name)));
		(void)json_array_append_new(answers, json_string(cell(t, name)));
	}
	(void)buf_str(question, "Please select the correct answer from the options above. Answer "
		      "with its letter only.");
	if (answer && json_array_size(answers) == 0)
		return reader_wrong(t->r, "the answer '%.40s' is none of the options", answer);
	json_put_text(line, "judge", "exact");
	return 0;
}

static int take_answers(struct table *t, json_t *line, json_t *answers)
{
	const char *answer = cell(t, "answer");
	bool word = answer && (str_equal_nocase(answer, "yes") || str_equal_nocase(answer, "no"));
	if (!answer)
		return 0;
	json_put_text(line, "judge", word ? "exact" : is_number(answer) ? "relaxed" : "anls");
	if (answer[0] == '[')
		return each_item(t, answer, add_answer, answers);
	return add_answer(t, answer, strlen(answer), answers);
}

static int take_question(struct table *t, json_t *line)
{
	CLEANUP(buf_release) struct buf question = BUF_INIT(CELL_MAX);
	json_t *answers = json_array();
	const char *hint = cell(t, "hint"), *text = cell(t, "question");
	bool choices = cell(t, "A") && cell(t, "B");
	json_put(line, "answers", answers);
	if (!text)
		return reader_wrong(t->r, "the question is empty");
	if (hint)
		(void)buf_fmt(&question, "Hint: %s\n", hint);
	(void)buf_fmt(&question, "%s%s", hint || choices ? "Question: " : "", text);
	int rc = choices ? take_choices(t, line, &question, answers)
			 : take_answers(t, line, answers);
	json_put_text(line, "question", question.data);
	if (cell(t, "judge"))
		json_put_text(line, "judge", cell(t, "judge"));
	if (json_array_size(answers) == 0)
		(void)json_object_del(line, "answers");
	return rc;
}

/* Columns that nothing here reads stay with the sample. */
static void keep_others(const struct table *t, json_t *line)
{
	static const char *const known[] = {"index", "image", "image_path", "question", "hint",
					    "answer", "judge"};
	for (size_t i = 0; i < t->n_names; i++) {
		bool ours = strlen(t->names[i]) == 1 || strcmp(t->names[i], "") == 0;
		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			ours |= strcmp(known[k], t->names[i]) == 0;
		if (!ours && !json_object_get(line, t->names[i]))
			json_put_text(line, t->names[i], cell(t, t->names[i]));
	}
}

static int take_row(struct table *t, struct corpus *c)
{
	if (t->n_cells != t->n_names)
		return reader_wrong(t->r, "%zu cells where the header has %zu", t->n_cells,
				    t->n_names);
	for (size_t i = 0; i < t->n_cells; i++)
		if (str_utf8_valid(t->cells[i].data ? t->cells[i].data : "", t->cells[i].len) !=
			    t->cells[i].len ||
		    memchr(t->cells[i].data ? t->cells[i].data : "", '\0', t->cells[i].len))
			return reader_wrong(t->r, "the column '%s' is not UTF-8 text",
					    t->names[i]);
	json_t *line = json_object();
	json_put_text(line, "id", cell(t, "index"));
	if (take_pictures(t, line) < 0 || take_question(t, line) < 0) {
		json_decref(line);
		return -1;
	}
	keep_others(t, line);
	return reader_take(t->r, line, c);
}

int tsv_read(struct reader *r, struct span text, struct corpus *c)
{
	struct table *t = calloc(1, sizeof(*t));
	if (!t)
		return err_sys(r->e, "cannot read a table");
	t->r = r;
	t->at = text.data;
	t->end = text.data + text.len;
	t->line = 1;
	t->pictures = json_object();
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		buf_init(&t->cells[i], CELL_MAX);
	int rc = read_header(t);
	while (rc == 0) {
		int row = next_row(t);
		if (row == 0)
			break;
		rc = row < 0 ? -1 : take_row(t, c);
	}
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		buf_release(&t->cells[i]);
	json_decref(t->pictures);
	free(t);
	return rc;
}
