/* src/text/english_words.c - English, second pass: words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "text/rules.h"

struct pair {
	const char *from, *to;
};

/* Whole words. Titles: St. is taken for Saint. */
static const struct pair whole[] = {
	{"ain't", "aint"}, {"alright", "all right"}, {"can't", "can not"}, {"cannot", "can not"},
	{"capt", "captain"}, {"col", "colonel"}, {"dr", "doctor"}, {"esq", "esquire"},
	{"etc", "et cetera"}, {"gen", "general"}, {"gimme", "give me"}, {"gonna", "going to"},
	{"gotta", "got to"}, {"gov", "governor"}, {"hon", "honorable"}, {"jr", "junior"},
	{"lemme", "let me"}, {"let's", "let us"}, {"lt", "lieutenant"}, {"ma'am", "madam"},
	{"mr", "mister"}, {"mrs", "missus"}, {"ms", "miss"}, {"ok", "okay"}, {"prof", "professor"},
	{"rep", "representative"}, {"rev", "reverend"}, {"sen", "senator"}, {"sgt", "sergeant"},
	{"shan't", "shall not"}, {"sr", "senior"}, {"st", "saint"}, {"vs", "versus"},
	{"wanna", "want to"}, {"won't", "will not"}, {"y'all", "you all"},
};

static const struct pair endings[] = {
	{"n't", "not"}, {"'re", "are"}, {"'ve", "have"}, {"'ll", "will"}, {"'m", "am"},
	{"'d", "would"},
};

/* Behind these 's is "is"; behind all others it is taken for a possessive. */
static const char *const with_is[] = {"he", "here", "how", "it", "she", "that", "there", "what",
				      "when", "where", "who", "why"};

static const char *const fillers[] = {"ah", "eh", "er", "erm", "hm", "hmm", "mhm", "mm", "mmm",
				      "uh", "uhm", "um", "umm"};

struct pass {
	struct buf *out;
	size_t start;
	struct span last;	/* the word before, as it came in */
};

static bool is_number(struct span w)
{
	return w.len > 0 && ((w.data[0] >= '0' && w.data[0] <= '9') || english_is_number(w));
}

static bool one_of(struct span w, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_is(w, list[i]))
			return true;
	return false;
}

static void add(struct pass *p, const char *text, size_t len)
{
	rules_add_word(p->out, p->start, text, len);
}

static void add_without_apostrophes(struct pass *p, struct span w)
{
	if (p->out->len > p->start)
		(void)buf_char(p->out, ' ');
	for (size_t i = 0; i < w.len; i++)
		if (w.data[i] != '\'')
			(void)buf_char(p->out, w.data[i]);
}

static void apostrophe(struct pass *p, struct span w)
{
	if (span_is(w, "o'clock")) {
		if (!is_number(p->last))
			add(p, "oclock", 6);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		size_t n = strlen(endings[i].from);
		if (w.len <= n || memcmp(w.data + w.len - n, endings[i].from, n) != 0)
			continue;
		add(p, w.data, w.len - n);
		add(p, endings[i].to, strlen(endings[i].to));
		return;
	}
	struct span base = {w.data, w.len - 2};
	if (w.len > 2 && memcmp(w.data + w.len - 2, "'s", 2) == 0 &&
	    one_of(base, with_is, ARRAY_LEN(with_is))) {
		add(p, base.data, base.len);
		add(p, "is", 2);
		return;
	}
	add_without_apostrophes(p, w);
}

static bool single_letter(struct span w)
{
	return w.len == 1 && w.data[0] >= 'a' && w.data[0] <= 'z';
}

/* "u s a" to "usa": two or more single letters, unless all could be words ("i", "a", "o"). */
static bool acronym(struct pass *p, const char *text, size_t len, struct span first, size_t *pos)
{
	char letters[32];
	size_t n = 0, end = *pos, at = *pos;
	struct span w = first;
	bool sure = false;
	while (single_letter(w) && n < sizeof(letters)) {
		letters[n++] = w.data[0];
		sure = sure || !strchr("aio", w.data[0]);
		end = at;
		if (!rules_next_word(text, len, &at, &w))
			break;
	}
	if (n < 2 || !sure)
		return false;
	add(p, letters, n);
	*pos = end;
	return true;
}

static void one_word(struct pass *p, struct span w)
{
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (span_is(w, whole[i].from)) {
			add(p, whole[i].to, strlen(whole[i].to));
			return;
		}
	/* "10 mm" are millimetres. */
	if (one_of(w, fillers, ARRAY_LEN(fillers)) && !(span_is(w, "mm") && is_number(p->last)))
		return;
	if (memchr(w.data, '\'', w.len)) {
		apostrophe(p, w);
		return;
	}
	if (p->out->len > p->start)
		(void)buf_char(p->out, ' ');
	english_spelling(w, p->out);
}

int english_words(const char *text, size_t len, struct buf *out)
{
	struct pass p = {out, out->len, {NULL, 0}};
	struct span w, next;
	size_t pos = 0;
	while (rules_next_word(text, len, &pos, &w)) {
		size_t ahead = pos;
		bool more = rules_next_word(text, len, &ahead, &next);
		if (more && span_is(w, "per") && span_is(next, "cent")) {
			add(&p, "percent", 7);
			pos = ahead;
		} else if (more && span_is(w, "e") && span_is(next, "mail")) {
			add(&p, "email", 5);
			pos = ahead;
		} else if (!single_letter(w) || !acronym(&p, text, len, w, &pos)) {
			one_word(&p, w);
		}
		p.last = w;
	}
	return out->failed ? -1 : 0;
}
