/* src/text/tokens.c - see tokens.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "text/tokens.h"

#include "base/util.h"
#include "text/unicode.h"

const char *const token_unit_names[] = {"wer", "cer", "mixed", NULL};

struct tokens {
	uint32_t *ids;
	size_t n, room;
	struct span *symbols;	/* by id */
	uint64_t *hashes;
	uint32_t n_symbols, symbols_room;
	uint32_t *table;	/* id + 1, or 0; a power of two */
	size_t table_size;
	uint32_t *ends;		/* of grapheme clusters */
	size_t ends_room;
};

int tokens_new(struct tokens **ret, struct err *e)
{
	struct tokens *t = calloc(1, sizeof(*t));
	if (!t)
		return err_sys(e, "no memory for tokens");
	*ret = t;
	return 0;
}

struct tokens *tokens_free(struct tokens *t)
{
	if (!t)
		return NULL;
	free(t->ids);
	free(t->symbols);
	free(t->hashes);
	free(t->table);
	free(t->ends);
	free(t);
	return NULL;
}

void tokens_clear(struct tokens *t)
{
	/* Few symbols in a large table: erase only their places. */
	if (t->table_size > 8 * (size_t)t->n_symbols) {
		for (uint32_t i = 0; i < t->n_symbols; i++) {
			size_t at = t->hashes[i] & (t->table_size - 1);
			while (t->table[at] != 0) {
				t->table[at] = 0;
				at = (at + 1) & (t->table_size - 1);
			}
		}
	} else if (t->table) {
		memset(t->table, 0, t->table_size * sizeof(t->table[0]));
	}
	t->n = 0;
	t->n_symbols = 0;
}

static uint64_t hash_of(const char *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ull;	/* FNV-1a */
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3ull;
	return h ^ h >> 29;
}

static void place(struct tokens *t, uint64_t hash, uint32_t id)
{
	size_t at = hash & (t->table_size - 1);
	while (t->table[at] != 0)
		at = (at + 1) & (t->table_size - 1);
	t->table[at] = id + 1;
}

static int grow_symbols(struct tokens *t, struct err *e)
{
	uint32_t room = MAX(t->symbols_room * 2, 64u);
	size_t size = (size_t)room * 4;
	struct span *symbols = realloc(t->symbols, room * sizeof(symbols[0]));
	if (symbols)
		t->symbols = symbols;
	uint64_t *hashes = realloc(t->hashes, room * sizeof(hashes[0]));
	if (hashes)
		t->hashes = hashes;
	uint32_t *table = calloc(size, sizeof(table[0]));
	if (!symbols || !hashes || !table) {
		free(table);
		return err_sys(e, "no memory for %u different tokens", room);
	}
	free(t->table);
	t->table = table;
	t->table_size = size;
	t->symbols_room = room;
	for (uint32_t i = 0; i < t->n_symbols; i++)
		place(t, t->hashes[i], i);
	return 0;
}

static int add(struct tokens *t, const char *p, size_t n, struct err *e)
{
	if (t->n == t->room) {
		size_t room = MAX(t->room * 2, (size_t)256);
		uint32_t *ids = realloc(t->ids, room * sizeof(ids[0]));
		if (!ids)
			return err_sys(e, "no memory for %zu tokens", room);
		t->ids = ids;
		t->room = room;
	}
	if (t->n_symbols == t->symbols_room && grow_symbols(t, e) < 0)
		return -1;
	uint64_t hash = hash_of(p, n);
	size_t at = hash & (t->table_size - 1);
	for (; t->table[at] != 0; at = (at + 1) & (t->table_size - 1)) {
		uint32_t id = t->table[at] - 1;
		if (t->hashes[id] == hash && t->symbols[id].len == n &&
		    memcmp(t->symbols[id].data, p, n) == 0) {
			t->ids[t->n++] = id;
			return 0;
		}
	}
	t->symbols[t->n_symbols] = (struct span){p, n};
	t->hashes[t->n_symbols] = hash;
	t->table[at] = t->n_symbols + 1;
	t->ids[t->n++] = t->n_symbols++;
	return 0;
}

static int add_words(struct tokens *t, const char *text, size_t len, struct err *e)
{
	size_t start = 0;
	for (size_t pos = 0; pos < len;) {
		size_t before = pos;
		unsigned char byte = (unsigned char)text[pos];
		bool space;
		if (byte < 0x80) {
			pos++;
			space = byte <= ' ' || byte == 0x7f;
		} else {
			space = unicode_is_space(unicode_next(text, len, &pos));
		}
		if (!space)
			continue;
		if (before > start && add(t, text + start, before - start, e) < 0)
			return -1;
		start = pos;
	}
	return len > start ? add(t, text + start, len - start, e) : 0;
}

static int add_characters(struct tokens *t, const char *text, size_t len, bool spaces,
			  struct err *e)
{
	if (len > t->ends_room) {
		uint32_t *ends = realloc(t->ends, len * sizeof(ends[0]));
		if (!ends)
			return err_sys(e, "no memory for %zu characters", len);
		t->ends = ends;
		t->ends_room = len;
	}
	long n = unicode_graphemes(text, len, t->ends, e);
	if (n < 0)
		return -1;
	size_t start = 0;
	for (long i = 0; i < n; i++) {
		size_t pos = start;
		int32_t c = unicode_next(text, len, &pos);
		if ((spaces || !unicode_is_space(c)) &&
		    add(t, text + start, t->ends[i] - start, e) < 0)
			return -1;
		start = t->ends[i];
	}
	return 0;
}

static int add_mixed(struct tokens *t, const char *text, size_t len, struct err *e)
{
	size_t start = 0;
	bool in_run = false;
	for (size_t pos = 0; pos < len;) {
		size_t before = pos;
		int32_t c = unicode_next(text, len, &pos);
		bool cjk = unicode_is_cjk(c);
		bool word = !cjk && unicode_is_word(c);
		if (in_run && !word) {
			if (add(t, text + start, before - start, e) < 0)
				return -1;
			in_run = false;
		}
		if (cjk && add(t, text + before, pos - before, e) < 0)
			return -1;
		if (word && !in_run) {
			start = before;
			in_run = true;
		}
	}
	return in_run ? add(t, text + start, len - start, e) : 0;
}

int tokens_add(struct tokens *t, enum token_unit unit, const char *text, size_t len,
	       size_t *ret_first, size_t *ret_n, struct err *e)
{
	size_t first = t->n;
	int rc = -1;
	switch (unit) {
	case TOKEN_WORD:
		rc = add_words(t, text, len, e);
		break;
	case TOKEN_CHARACTER:
	case TOKEN_CHARACTER_SPACES:
		rc = add_characters(t, text, len, unit == TOKEN_CHARACTER_SPACES, e);
		break;
	case TOKEN_MIXED:
		rc = add_mixed(t, text, len, e);
		break;
	}
	if (rc < 0)
		return -1;
	*ret_first = first;
	*ret_n = t->n - first;
	return 0;
}

const uint32_t *tokens_ids(const struct tokens *t)
{
	return t->ids;
}

uint32_t tokens_symbols(const struct tokens *t)
{
	return t->n_symbols;
}

struct span tokens_text(const struct tokens *t, uint32_t id)
{
	return t->symbols[id];
}
