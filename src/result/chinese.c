/* src/result/chinese.c - see chinese.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/chinese.h"

#include <assert.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/util.h"

#define SLOTS_MAX 6
#define DEPTH_MAX 4		/* of sentences inside of sentences: they come from files as well */
#define TEXT_MAX (1 << 20)

static const struct phrase *const books[] = {chinese_says, chinese_notes, chinese_cases,
					     chinese_faults};

struct slot {
	const char *at;
	size_t len;
	char kind;		/* }: any text, #: a number, *: a sentence */
};

static const char *look_up(const char *text, struct arena *a, int depth);

/* Where the next slot of a pattern begins; its end where there is none. */
static const char *next_slot(const char *p)
{
	const char *at = strchr(p, '{');
	return at ? at : p + strlen(p);
}

static bool is_number(const struct slot *s)
{
	return s->len > 0 && strspn(s->at, "0123456789.+-e") >= s->len;
}

/* The shortest text for a slot before what follows it; the last one ends where the rest fits. */
static bool take(const char **text, const char *rest, struct slot *s)
{
	size_t fixed = (size_t)(next_slot(rest) - rest), len = strlen(*text);
	const char *end;
	if (rest[fixed]) {
		end = fixed ? memmem(*text, len, rest, fixed) : NULL;
	} else {
		end = len >= fixed ? *text + len - fixed : NULL;
		if (end && memcmp(end, rest, fixed) != 0)
			end = NULL;
	}
	if (!end)
		return false;
	s->at = *text;
	s->len = (size_t)(end - *text);
	*text = end;
	return s->kind != '#' || is_number(s);
}

/* Number of slots, or -1: the text is another. */
static int match(const char *pattern, const char *text, struct slot slots[SLOTS_MAX])
{
	int n = 0;
	for (;;) {
		size_t fixed = (size_t)(next_slot(pattern) - pattern);
		if (strncmp(pattern, text, fixed) != 0)
			return -1;
		pattern += fixed;
		text += fixed;
		if (!*pattern)
			return *text ? -1 : n;
		assert(n < SLOTS_MAX);
		slots[n].kind = pattern[1];
		pattern = strchr(pattern, '}') + 1;
		if (!take(&text, pattern, &slots[n++]))
			return -1;
	}
}

static const char *fill(const char *zh, const struct slot *slots, int n, struct arena *a, int depth)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(TEXT_MAX);
	for (;;) {
		const char *at = next_slot(zh);
		(void)buf_add(&out, zh, (size_t)(at - zh));
		if (!*at)
			break;
		int i = at[1] - '1';
		assert(i >= 0 && i < n && at[2] == '}');
		const char *told = arena_strn(a, slots[i].at, slots[i].len);
		(void)buf_str(&out, slots[i].kind == '*' ? look_up(told, a, depth + 1) : told);
		zh = at + 3;
	}
	return out.failed || !out.data ? NULL : arena_strn(a, out.data, out.len);
}

static const char *find(const char *text, struct arena *a, int depth)
{
	struct slot slots[SLOTS_MAX];
	for (size_t b = 0; b < ARRAY_LEN(books); b++)
		for (const struct phrase *p = books[b]; p->en; p++) {
			int n = match(p->en, text, slots);
			if (n >= 0)
				return n == 0 ? p->zh : fill(p->zh, slots, n, a, depth);
		}
	return NULL;
}

/* Several sentences: each for itself. NULL: none of them is known. */
static const char *find_parts(const char *text, struct arena *a, int depth)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(TEXT_MAX);
	bool any = false;
	while (*text) {
		const char *end = strstr(text, "; ");
		const char *part = end ? arena_strn(a, text, (size_t)(end - text)) : text;
		const char *zh = find(part, a, depth);
		any |= zh != NULL;
		(void)buf_str(&out, zh ? zh : part);
		if (!end)
			break;
		(void)buf_str(&out, ";");
		text = end + strlen("; ");
	}
	return any && !out.failed ? arena_strn(a, out.data, out.len) : NULL;
}

static const char *look_up(const char *text, struct arena *a, int depth)
{
	if (depth >= DEPTH_MAX || !*text)
		return text;
	const char *zh = find(text, a, depth);
	if (!zh && strstr(text, "; "))
		zh = find_parts(text, a, depth);
	return zh ? zh : text;
}

const char *in_chinese(const char *text, struct arena *a)
{
	return text ? look_up(text, a, 0) : NULL;
}
