/* workers/vision/memory.c - facts that the user told before: "My name is X", "remember the number
 * 42", and questions for them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/util.h"
#include "talk.h"
#include "words.h"

#define FACTS_MAX 200

struct fact {
	bool mine;		/* the user's: "your name" in the answer */
	const char *what;	/* "name", "favourite colour", in small letters */
	const char *value;
};

struct facts {
	struct fact items[FACTS_MAX];
	size_t n;
};

static void add_fact(struct facts *f, struct arena *a, bool mine, struct span what,
		     struct span value)
{
	static const char *const ends[] = {"。", "！", "，", "”", "“"};
	what = span_trim(what);
	value = span_trim(value);
	while (value.len && strchr(".!,;:\"'", value.data[value.len - 1]))
		value.len--;
	while (value.len && strchr(":\"'", value.data[0])) {
		value.data++;
		value = span_trim((struct span){value.data, value.len - 1});
	}
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t len = strlen(ends[i]);
		if (value.len > len && memcmp(value.data + value.len - len, ends[i], len) == 0)
			value.len -= len;
	}
	if (!what.len || !value.len || what.len > 60 || value.len > 300 || f->n == FACTS_MAX)
		return;
	f->items[f->n++] = (struct fact){mine, words_lower(a, arena_strn(a, what.data, what.len)),
					 arena_strn(a, value.data, value.len)};
}

/* The rest of a sentence that begins with one of these; NULL: it does not. */
static const char *after(const char *low, const char *const *starts)
{
	for (size_t i = 0; starts[i]; i++) {
		if (str_starts(low, starts[i]))
			return low + strlen(starts[i]);
	}
	return NULL;
}

/* "name is Bob", "number 42": what and value from here to the end. low and text run together. */
static void read_what_is(struct facts *f, struct arena *a, bool mine, bool remember,
			 const char *text, const char *low)
{
	static const char *const is[] = {" is ", " was ", " are ", " = ", "是", "为", ": ", "："};
	for (size_t i = 0; i < ARRAY_LEN(is); i++) {
		const char *found = strstr(low, is[i]);
		if (!found)
			continue;
		size_t at = (size_t)(found - low), behind = at + strlen(is[i]);
		add_fact(f, a, mine, (struct span){text, at}, span_of(text + behind));
		return;
	}
	const char *blank = remember ? strchr(low, ' ') : NULL;
	if (blank)
		add_fact(f, a, mine, (struct span){text, (size_t)(blank - low)},
			 span_of(text + (blank - low) + 1));
}

static void read_sentence(struct facts *f, struct arena *a, const char *text)
{
	static const char *const polite[] = {"please ", "hi, ", "hello, ", "hi! ", "hello! ",
					     "ok, ", "请", "你好，", NULL};
	static const char *const keep[] = {"remember that ", "remember this: ", "remember: ",
					   "remember ", "note that ", "keep in mind that ",
					   "memorize ", "记住：", "记住，", "记住", NULL};
	static const char *const mine[] = {"my ", "我的", NULL};
	static const char *const the[] = {"the ", "this ", "our ", NULL};
	static const char *const named[] = {"i am called ", "call me ", "i'm called ", "我叫",
					    "我是", NULL};
	static const char *const i_am[] = {"i am ", "i'm ", NULL};
	const char *low = words_lower(a, text), *rest;
	size_t skip = 0;
	bool remember = false;
	while ((rest = after(low + skip, polite)) || (rest = after(low + skip, keep))) {
		remember |= after(low + skip, keep) != NULL;
		skip = (size_t)(rest - low);
	}
	text += skip;
	low += skip;
	if (strchr(low, '?') || strstr(low, "？") || str_starts(low, "what"))
		return;
	if ((rest = after(low, mine)))
		read_what_is(f, a, true, remember, text + (rest - low), rest);
	else if ((rest = after(low, named)))
		add_fact(f, a, true, span_of(after(low, (const char *[]){"我", NULL}) ? "名字" :
					     "name"), span_of(text + (rest - low)));
	else if ((rest = after(low, i_am)))
		add_fact(f, a, true, span_of("name"), span_of(text + (rest - low)));
	else if ((rest = after(low, the)))
		read_what_is(f, a, false, remember, text + (rest - low), rest);
	else if (remember && strstr(low, "数字") == low)
		add_fact(f, a, false, span_of("数字"), span_of(text + strlen("数字")));
	else if (remember)
		read_what_is(f, a, false, true, text, low);
}

/* Sentences end at a line break, 。 or at ". " and the like. */
static void read_facts(struct facts *f, struct arena *a, const char *text)
{
	const char *start = text;
	for (const char *p = text; ; p++) {
		bool stop = *p && strchr(".!?", *p) && (p[1] == ' ' || p[1] == '\n' || !p[1]);
		size_t wide = strncmp(p, "。", 3) == 0 || strncmp(p, "！", 3) == 0 ||
			      strncmp(p, "？", 3) == 0 ? 3 : 0;
		if (*p && !stop && !wide && *p != '\n')
			continue;
		const char *end = p + (wide ? wide : *p ? 1 : 0);
		struct span s = span_trim((struct span){start, (size_t)(end - start)});
		if (s.len)
			read_sentence(f, a, arena_strn(a, s.data, s.len));
		if (!*p)
			return;
		start = end;
		p = end - 1;
	}
}

/* Are all words of what in the question? */
static bool asks_for(const char *low, const char *what, struct arena *a)
{
	char *copy = arena_str(a, what), *save = NULL;
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (!strstr(low, w))
			return false;
	}
	return true;
}

static void tell_fact(struct voice *v, const struct fact *f, bool accepted)
{
	bool numbered = (unsigned char)f->what[0] >= 0xe0;
	const char *owner = v->zh ? (f->mine ? "你的" : "") : f->mine ? "your " : "the ";
	if (accepted)
		voice_tell(v, "I will remember that %s%s is %s.", "好的，我记住了：%s%s是%s。",
			   owner, f->what, f->value);
	else
		voice_tell(v, f->mine ? "Your %.0s%s is %s." : "The %.0s%s is %s.",
			   "%s%s是%s。", owner, numbered || !v->zh ? f->what : f->what, f->value);
}

bool memory_answer(struct voice *v, const struct strings *said, struct arena *a)
{
	static const char *const asks[] = {
		"what", "who am i", "which", "do you remember", "do you know", "recall",
		"tell me", "how old", "where do i", "什么", "多少", "几", "谁", "哪", "吗", NULL,
	};
	struct facts facts = {.n = 0};
	size_t before = 0;
	for (size_t i = 0; i < said->n; i++) {
		before = facts.n;
		read_facts(&facts, a, said->items[i]);
	}
	const char *low = words_lower(a, said->items[said->n - 1]);
	if (!words_has(low, asks) && !strchr(low, '?')) {
		if (facts.n == before)
			return false;
		tell_fact(v, &facts.items[facts.n - 1], true);
		return true;
	}
	for (size_t i = facts.n; i-- > 0;) {
		const struct fact *f = &facts.items[i];
		bool name = strcmp(f->what, "name") == 0 || strcmp(f->what, "名字") == 0;
		if (asks_for(low, f->what, a) ||
		    (name && (strstr(low, "who am i") || strstr(low, "我叫什么") ||
			      strstr(low, "我是谁")))) {
			tell_fact(v, f, false);
			return true;
		}
	}
	if (words_has(low, (const char *[]){"my", "我的", "我叫", NULL})) {
		voice_tell(v, "I do not know: you have not told me.", "我不知道，你还没有告诉我。");
		return true;
	}
	return false;
}
