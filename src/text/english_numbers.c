/* src/text/english_numbers.c - English, third pass: numbers, as single digits.
 *
 * "twenty five" "25" -> "2 5"; "nineteen eighty four" "1984" -> "1 9 8 4"; "two and a half
 * million" "2.5 million" -> "2 5 0 0 0 0 0"; "three point one four" -> "3 point 1 4"; "21st"
 * "twenty first" -> "2 1 th"; "2nd" -> "second", which is more often a unit of time; "$2.50"
 * "two dollars and fifty cents" -> "2 dollars 5 0 cents"; "oh" is a zero only between numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/util.h"
#include "text/rules.h"

enum kind { UNIT, TEEN, TEN, HUNDRED, SCALE };

struct numeral {
	const char *word;
	enum kind kind;
	uint64_t value;
	bool ordinal;
};

static const struct numeral numerals[] = {
	{"zero", UNIT, 0, false}, {"one", UNIT, 1, false}, {"two", UNIT, 2, false},
	{"three", UNIT, 3, false}, {"four", UNIT, 4, false}, {"five", UNIT, 5, false},
	{"six", UNIT, 6, false}, {"seven", UNIT, 7, false}, {"eight", UNIT, 8, false},
	{"nine", UNIT, 9, false}, {"ten", TEEN, 10, false}, {"eleven", TEEN, 11, false},
	{"twelve", TEEN, 12, false}, {"thirteen", TEEN, 13, false},
	{"fourteen", TEEN, 14, false}, {"fifteen", TEEN, 15, false},
	{"sixteen", TEEN, 16, false}, {"seventeen", TEEN, 17, false},
	{"eighteen", TEEN, 18, false}, {"nineteen", TEEN, 19, false},
	{"twenty", TEN, 20, false}, {"thirty", TEN, 30, false}, {"forty", TEN, 40, false},
	{"fifty", TEN, 50, false}, {"sixty", TEN, 60, false}, {"seventy", TEN, 70, false},
	{"eighty", TEN, 80, false}, {"ninety", TEN, 90, false},
	{"hundred", HUNDRED, 100, false}, {"thousand", SCALE, 1000, false},
	{"million", SCALE, 1000000, false}, {"billion", SCALE, 1000000000, false},
	{"trillion", SCALE, 1000000000000, false},
	{"first", UNIT, 1, true}, {"third", UNIT, 3, true}, {"fourth", UNIT, 4, true},
	{"fifth", UNIT, 5, true}, {"sixth", UNIT, 6, true}, {"seventh", UNIT, 7, true},
	{"eighth", UNIT, 8, true}, {"ninth", UNIT, 9, true}, {"tenth", TEEN, 10, true},
	{"eleventh", TEEN, 11, true}, {"twelfth", TEEN, 12, true},
	{"thirteenth", TEEN, 13, true}, {"fourteenth", TEEN, 14, true},
	{"fifteenth", TEEN, 15, true}, {"sixteenth", TEEN, 16, true},
	{"seventeenth", TEEN, 17, true}, {"eighteenth", TEEN, 18, true},
	{"nineteenth", TEEN, 19, true}, {"twentieth", TEN, 20, true},
	{"thirtieth", TEN, 30, true}, {"fortieth", TEN, 40, true}, {"fiftieth", TEN, 50, true},
	{"sixtieth", TEN, 60, true}, {"seventieth", TEN, 70, true},
	{"eightieth", TEN, 80, true}, {"ninetieth", TEN, 90, true},
	{"hundredth", HUNDRED, 100, true}, {"thousandth", SCALE, 1000, true},
	{"millionth", SCALE, 1000000, true},
};

/* "the sixties" -> "6 0 s", as "60s" is. */
static const struct {
	const char *word, *digits;
} decades[] = {
	{"twenties", "2 0 s"}, {"thirties", "3 0 s"}, {"forties", "4 0 s"},
	{"fifties", "5 0 s"}, {"sixties", "6 0 s"}, {"seventies", "7 0 s"},
	{"eighties", "8 0 s"}, {"nineties", "9 0 s"},
};

#define DIGITS_MAX 40

/* A number as read: whole part in digits, then what followed the point. */
struct number {
	char whole[DIGITS_MAX];
	char decimals[DIGITS_MAX];
	bool ordinal;
};

struct pass {
	const char *text;
	size_t len;
	struct buf *out;
	size_t start;
	bool after_number;
	struct span last;
};

static const struct numeral *find(struct span w)
{
	for (size_t i = 0; i < ARRAY_LEN(numerals); i++)
		if (span_is(w, numerals[i].word))
			return &numerals[i];
	return NULL;
}

bool english_is_number(struct span w)
{
	return find(w) != NULL;
}

static bool written(struct span w)
{
	return w.len > 0 && w.data[0] >= '0' && w.data[0] <= '9';
}

static bool peek(const struct pass *p, size_t pos, struct span *ret, size_t *ret_pos)
{
	*ret_pos = pos;
	return rules_next_word(p->text, p->len, ret_pos, ret);
}

static void add(struct pass *p, const char *text)
{
	rules_add_word(p->out, p->start, text, strlen(text));
}

static void add_digits(struct pass *p, const char *digits)
{
	for (; *digits; digits++)
		rules_add_word(p->out, p->start, digits, 1);
}

/* May this numeral follow one of kind `before`? "twenty five", "hundred twelve", not "five six".
 * Behind a scale everything may. */
static bool fits(const struct numeral *n, enum kind before, uint64_t part)
{
	switch (n->kind) {
	case UNIT:
		return n->value > 0 && (before == TEN || before == HUNDRED);
	case TEEN:
	case TEN:
		return before == HUNDRED;
	case HUNDRED:
		return before != HUNDRED && part > 0 && part < 100;
	case SCALE:
		return part > 0;
	}
	return false;
}

/* Spelled words from *pos on; first is already taken. part: the number below the next scale. */
static uint64_t spelled(const struct pass *p, const struct numeral *first, uint64_t part,
			size_t *pos, bool *ret_ordinal)
{
	uint64_t total = 0, smallest = UINT64_MAX;
	enum kind before = first->kind;
	const struct numeral *n = first;
	bool fresh = false;	/* just behind a scale */
	if (part == 0)
		part = first->value;
	else if (n->kind == SCALE) {
		total = part * n->value;
		smallest = n->value;
		part = 0;
		fresh = true;
	}
	while (!n->ordinal && !(first->value == 0 && first->kind == UNIT)) {
		struct span w, after;
		size_t next, behind;
		if (!peek(p, *pos, &w, &next))
			break;
		bool may_and = before == HUNDRED || fresh;
		if (may_and && span_is(w, "and") && peek(p, next, &after, &behind) &&
		    find(after) && find(after)->kind <= TEN) {
			w = after;
			next = behind;
		}
		const struct numeral *m = find(w);
		if (!m || (fresh ? m->kind >= HUNDRED || m->value == 0 : !fits(m, before, part)))
			break;
		if (m->kind == SCALE) {
			if (m->value >= smallest)
				break;
			total += part * m->value;
			smallest = m->value;
			part = 0;
		} else {
			part = m->kind == HUNDRED ? part * 100 : part + m->value;
		}
		fresh = m->kind == SCALE;
		before = m->kind;
		n = m;
		*pos = next;
	}
	*ret_ordinal = n->ordinal;
	return total + part;
}

/* Digits of what follows "point": "one four" "14". */
static void read_decimals(const struct pass *p, size_t *pos, struct number *n)
{
	struct span w, d;
	size_t next, at;
	if (!peek(p, *pos, &w, &next) || !span_is(w, "point"))
		return;
	size_t len = 0;
	for (at = next; peek(p, at, &d, &next) && len + 1 < DIGITS_MAX; at = next) {
		const struct numeral *m = find(d);
		if (m && m->kind == UNIT && !m->ordinal)
			n->decimals[len++] = (char)('0' + m->value);
		else if (span_is(d, "oh") || span_is(d, "o"))
			n->decimals[len++] = '0';
		else if (written(d) && d.len == 1)
			n->decimals[len++] = d.data[0];
		else
			break;
		*pos = next;
	}
	n->decimals[len] = '\0';
}

static void read_half(const struct pass *p, size_t *pos, struct number *n)
{
	static const char *const words[] = {"and", "a", "half"};
	size_t at = *pos;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct span w;
		if (!peek(p, at, &w, &at) || !span_is(w, words[i]))
			return;
	}
	(void)snprintf(n->decimals, sizeof(n->decimals), "5");
	*pos = at;
}

/* "2.5 million": the point moves. */
static void read_scale(const struct pass *p, size_t *pos, struct number *n)
{
	struct span w;
	size_t next;
	if (!peek(p, *pos, &w, &next))
		return;
	const struct numeral *m = find(w);
	if (!m || m->ordinal || m->kind < HUNDRED)
		return;
	size_t zeros = 0, whole = strlen(n->whole), decimals = strlen(n->decimals);
	for (uint64_t v = m->value; v > 1; v /= 10)
		zeros++;
	if (decimals > zeros || whole + zeros + 1 > DIGITS_MAX || n->whole[0] == '\0')
		return;
	memcpy(n->whole + whole, n->decimals, decimals);
	memset(n->whole + whole + decimals, '0', zeros - decimals);
	n->whole[whole + zeros] = '\0';
	n->decimals[0] = '\0';
	char *first = n->whole;
	while (first[0] == '0' && first[1])
		first++;
	memmove(n->whole, first, strlen(first) + 1);
	*pos = next;
}

/* "10", "2.5", "21st". False when it is too long to be a number. */
static bool read_written(struct span w, struct number *n)
{
	size_t i = 0, len = 0;
	for (; i < w.len && w.data[i] >= '0' && w.data[i] <= '9'; i++) {
		if (len + 1 >= DIGITS_MAX)
			return false;
		n->whole[len++] = w.data[i];
	}
	n->whole[len] = '\0';
	len = 0;
	if (i < w.len && w.data[i] == '.')
		for (i++; i < w.len && w.data[i] != '.' && len + 1 < DIGITS_MAX; i++)
			n->decimals[len++] = w.data[i];
	n->decimals[len] = '\0';
	n->ordinal = i + 2 == w.len && w.data[i] >= 'a' && w.data[i] <= 'z';
	return i == w.len || n->ordinal;
}

/* A number that begins with the word w (already taken). False: no number. */
static bool read_number(const struct pass *p, struct span w, size_t *pos, struct number *n)
{
	*n = (struct number){0};
	const struct numeral *m = find(w);
	uint64_t part = 0;
	if (!m && span_is(w, "a")) {	/* "a hundred", "a million" */
		struct span after;
		size_t next;
		if (!peek(p, *pos, &after, &next) || !(m = find(after)) || m->kind < HUNDRED ||
		    m->ordinal)
			return false;
		*pos = next;
		part = m->kind == HUNDRED ? 100 : 1;
	}
	if (m) {
		uint64_t v = spelled(p, m, part, pos, &n->ordinal);
		(void)snprintf(n->whole, sizeof(n->whole), "%" PRIu64, v);
	} else if (!written(w) || !read_written(w, n)) {
		return false;
	}
	if (n->ordinal)
		return true;
	if (n->decimals[0] == '\0')
		read_decimals(p, pos, n);
	if (n->decimals[0] == '\0')
		read_half(p, pos, n);
	read_scale(p, pos, n);
	return true;
}

static void add_number(struct pass *p, const struct number *n)
{
	size_t len = strlen(n->whole);
	if (n->ordinal && len > 0 && n->whole[len - 1] == '2' &&
	    (len < 2 || n->whole[len - 2] != '1')) {
		/* 22nd: "twenty second" could also be 20 seconds. */
		char tens[DIGITS_MAX];
		memcpy(tens, n->whole, len + 1);
		tens[len - 1] = '0';
		add_digits(p, len > 1 ? tens : "");
		add(p, "second");
		return;
	}
	add_digits(p, n->whole);
	if (n->ordinal)
		add(p, "th");
	if (n->decimals[0]) {
		add(p, "point");
		add_digits(p, n->decimals);
	}
}

/* "$" and an amount. */
static void money(struct pass *p, const char *name, size_t *pos)
{
	struct span w;
	struct number n;
	size_t next;
	if (!peek(p, *pos, &w, &next) || !read_number(p, w, &next, &n)) {
		add(p, name);
		return;
	}
	*pos = next;
	char cents[3] = "";
	if (strlen(n.decimals) == 2) {
		memcpy(cents, n.decimals, sizeof(cents));
		n.decimals[0] = '\0';
	}
	add_number(p, &n);
	add(p, name);
	if (cents[0] && strcmp(cents, "00") != 0) {
		add_digits(p, cents[0] == '0' ? cents + 1 : cents);
		add(p, "cents");
	}
	p->after_number = false;
}

static const char *money_name(struct span w)
{
	static const struct {
		const char *from, *to;
	} names[] = {
		{"dollar", "dollars"}, {"dollars", "dollars"}, {"euro", "euros"},
		{"euros", "euros"}, {"pound", "pounds"}, {"pounds", "pounds"}, {"cent", "cents"},
		{"cents", "cents"},
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (span_is(w, names[i].from))
			return names[i].to;
	return NULL;
}

/* The "and" of "two dollars and fifty cents". */
static bool before_cents(const struct pass *p, size_t pos)
{
	struct span w;
	struct number n;
	if (!money_name(p->last) || !peek(p, pos, &w, &pos) || !read_number(p, w, &pos, &n))
		return false;
	return peek(p, pos, &w, &pos) && (span_is(w, "cents") || span_is(w, "cent"));
}

static void one_word(struct pass *p, struct span w, size_t *pos)
{
	struct number n;
	bool number = false;
	if (span_is(w, "$") || span_is(w, "€") || span_is(w, "£")) {
		money(p, w.data[0] == '$' ? "dollars" : span_is(w, "€") ? "euros" : "pounds", pos);
	} else if (read_number(p, w, pos, &n)) {
		add_number(p, &n);
		number = true;
	} else if ((span_is(w, "oh") || span_is(w, "o")) && p->after_number) {
		struct span after;
		size_t next;
		bool digit = peek(p, *pos, &after, &next) && (written(after) || find(after));
		add(p, digit ? "0" : "oh");
		number = digit;
	} else if (money_name(w)) {
		add(p, money_name(w));
	} else if (!(span_is(w, "and") && before_cents(p, *pos))) {
		for (size_t i = 0; i < ARRAY_LEN(decades); i++)
			if (span_is(w, decades[i].word)) {
				add(p, decades[i].digits);
				return;
			}
		rules_add_word(p->out, p->start, w.data, w.len);
	}
	p->after_number = number;
}

int english_numbers(const char *text, size_t len, struct buf *out)
{
	struct pass p = {text, len, out, out->len, false, {NULL, 0}};
	struct span w;
	size_t pos = 0;
	while (rules_next_word(text, len, &pos, &w)) {
		one_word(&p, w, &pos);
		p.last = w;
	}
	return out->failed ? -1 : 0;
}
