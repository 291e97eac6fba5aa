/* workers/vision/sum.c - simple arithmetic: + - * / over numbers, no brackets.
 *
 * What is not fully understood gives no answer: a wrong sum is worse than none.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "talk.h"
#include "words.h"

#define TERMS_MAX 32
#define EXACT_MAX 9007199254740992.0	/* 2^53: doubles are exact up to here */

struct sum {
	double terms[TERMS_MAX];
	char ops[TERMS_MAX];	/* before each term; the first is '+' */
	size_t n;
};

static const struct {
	const char *word;
	char op;
} operators[] = {
	{"+", '+'}, {"plus", '+'}, {"加上", '+'}, {"加", '+'}, {"＋", '+'},
	{"-", '-'}, {"−", '-'}, {"minus", '-'}, {"减去", '-'}, {"减", '-'},
	{"*", '*'}, {"×", '*'}, {"x", '*'}, {"times", '*'}, {"multiplied by", '*'},
	{"乘以", '*'}, {"乘", '*'},
	{"/", '/'}, {"÷", '/'}, {"divided by", '/'}, {"除以", '/'},
};

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *read_operator(const char *p, char *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		if (str_starts(p, operators[i].word)) {
			*ret = operators[i].op;
			return p + strlen(operators[i].word);
		}
	}
	return NULL;
}

/* Reads "n (op n)…" at p; gives what follows. */
static const char *read_sum(const char *p, struct sum *s)
{
	char op = '+';
	s->n = 0;
	while (s->n < TERMS_MAX) {
		char *end;
		if (!is_digit(*p))
			return NULL;
		s->terms[s->n] = strtod(p, &end);
		s->ops[s->n++] = op;
		const char *next = read_operator(skip_blanks(end), &op);
		if (!next || !is_digit(*skip_blanks(next)))
			return end;
		p = skip_blanks(next);
	}
	return NULL;
}

/* Products first. False: no exact result (division by zero, too large). */
static bool evaluate(const struct sum *s, double *ret)
{
	double total = 0, product = s->terms[0];
	for (size_t i = 1; i < s->n; i++) {
		if (s->ops[i] == '*')
			product *= s->terms[i];
		else if (s->ops[i] == '/' && s->terms[i] != 0)
			product /= s->terms[i];
		else if (s->ops[i] == '/')
			return false;
		if (s->ops[i] == '+' || s->ops[i] == '-') {
			total += product;
			product = s->ops[i] == '+' ? s->terms[i] : -s->terms[i];
		}
		if (fabs(product) > EXACT_MAX || fabs(total) > EXACT_MAX)
			return false;
	}
	*ret = total + product;
	return fabs(*ret) <= EXACT_MAX;
}

const char *sum_answer(const char *low, struct arena *a)
{
	static const char *const asks[] = {
		"what is", "what's", "calculate", "compute", "how much", "sum", "equal", "result",
		"add", "solve", "等于", "计算", "多少", "算", NULL,
	};
	struct sum s;
	const char *start = low;
	while (*start && !is_digit(*start))
		start++;
	const char *end = *start ? read_sum(start, &s) : NULL;
	if (!end || s.n < 2 || strpbrk(low, "()^%!"))
		return NULL;
	/* A minus before the first number, or more numbers elsewhere: not understood. */
	bool alone = start == skip_blanks(low) && strspn(end, " =?.\n") == strlen(end);
	if ((start > low && strchr("-.,$", start[-1])) || strpbrk(end, "0123456789") ||
	    (!alone && !words_has(low, asks) && !strchr(low, '=')))
		return NULL;
	double result;
	if (!evaluate(&s, &result))
		return NULL;
	char *text = arena_fmt(a, "%.15g", s.terms[0]);
	for (size_t i = 1; i < s.n; i++)
		text = arena_fmt(a, "%s %c %.15g", text, s.ops[i], s.terms[i]);
	return arena_fmt(a, "%s = %.12g", text, result == 0 ? 0 : result);
}
