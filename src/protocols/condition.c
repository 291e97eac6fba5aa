/* src/protocols/condition.c - see condition.h. Parsed into a list in reverse Polish order
 * (Dijkstra's shunting yard), so that neither reading nor judging recurses.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/condition.h"

#include <string.h>

#include "base/util.h"
#include "protocols/pointer.h"

#define STEPS_MAX 128
#define STACK_MAX 64

enum step_kind {
	STEP_POINTER, STEP_VALUE,
	STEP_EQ, STEP_NE, STEP_LT, STEP_LE, STEP_GT, STEP_GE,
	STEP_NOT, STEP_AND, STEP_OR,
	STEP_OPEN,	/* only while parsing */
};

struct step {
	enum step_kind kind;
	struct span pointer;
	enum { VALUE_NULL, VALUE_BOOL, VALUE_NUMBER, VALUE_TEXT } type;
	double number;		/* of a VALUE_BOOL: 0 or 1 */
	struct span text;
};

struct condition {
	struct step *steps;
	size_t n;
};

struct parser {
	const char *text, *at;
	struct arena *arena;
	struct condition *out;
	enum step_kind stack[STACK_MAX];
	size_t depth;
	bool compared;		/* the operand before belongs to a comparison already */
	struct err *e;
};

static int wrong(const struct parser *p, const char *at, const char *words)
{
	return err_set(p->e, ERR_USAGE, "column %zu: %s", (size_t)(at - p->text) + 1, words);
}

static int put(struct parser *p, struct step s)
{
	if (p->out->n == STEPS_MAX)
		return wrong(p, p->at, "the condition is too long");
	*ARENA_ADD(p->arena, p->out->steps, p->out->n) = s;
	return 0;
}

static int push(struct parser *p, enum step_kind kind)
{
	if (p->depth == STACK_MAX)
		return wrong(p, p->at, "the condition is nested too deeply");
	p->stack[p->depth++] = kind;
	return 0;
}

/* Operators that bind as strongly as this one or stronger are complete. */
static int reduce(struct parser *p, enum step_kind below)
{
	while (p->depth > 0 && p->stack[p->depth - 1] != STEP_OPEN &&
	       p->stack[p->depth - 1] <= below)
		if (put(p, (struct step){.kind = p->stack[--p->depth]}) < 0)
			return -1;
	return 0;
}

static int take_pointer(struct parser *p)
{
	const char *from = p->at;
	bool quoted = *from == '@';
	size_t len;
	if (quoted) {
		const char *end = from[1] == '"' ? strchr(from + 2, '"') : NULL;
		if (!end)
			return wrong(p, from, "after '@' a pointer in double quotes is needed");
		from += 2;
		len = (size_t)(end - from);
		p->at = end + 1;
	} else {
		len = strcspn(from, " \t\r\n()=!<>&|");
		p->at += len;
	}
	struct span pointer = {arena_strn(p->arena, from, len), len};
	const char *why = pointer_wrong(pointer);
	if (why)
		return wrong(p, from, why);
	return put(p, (struct step){.kind = STEP_POINTER, .pointer = pointer});
}

static int take_text(struct parser *p)
{
	const char *from = p->at + 1;
	const char *end = strchr(from, *p->at);
	if (!end)
		return wrong(p, p->at, "the closing quote is missing");
	size_t len = (size_t)(end - from);
	p->at = end + 1;
	return put(p, (struct step){.kind = STEP_VALUE, .type = VALUE_TEXT,
				    .text = {arena_strn(p->arena, from, len), len}});
}

static int take_word(struct parser *p)
{
	static const struct {
		const char *word;
		struct step step;
	} words[] = {
		{"true", {.kind = STEP_VALUE, .type = VALUE_BOOL, .number = 1}},
		{"false", {.kind = STEP_VALUE, .type = VALUE_BOOL}},
		{"null", {.kind = STEP_VALUE, .type = VALUE_NULL}},
	};
	size_t len = strcspn(p->at, " \t\r\n()=!<>&|");
	char word[40];
	double number;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (len == strlen(words[i].word) && strncmp(p->at, words[i].word, len) == 0) {
			p->at += len;
			return put(p, words[i].step);
		}
	(void)snprintf(word, sizeof(word), "%.*s", (int)len, p->at);
	if (len >= sizeof(word) || str_to_real(word, &number, NULL) < 0)
		return wrong(p, p->at, "here a pointer (/code), a number, a text in quotes, true, "
			     "false or null is needed");
	p->at += len;
	return put(p, (struct step){.kind = STEP_VALUE, .type = VALUE_NUMBER, .number = number});
}

/* What may stand where an operand is due. 1: an operand was taken; 0: still due. */
static int take_operand(struct parser *p)
{
	int rc;
	if (*p->at == '!' || *p->at == '(') {
		rc = push(p, *p->at == '!' ? STEP_NOT : STEP_OPEN);
		p->at++;
		p->compared = false;
		return rc;
	}
	if (*p->at == '/' || *p->at == '@')
		rc = take_pointer(p);
	else if (*p->at == '\'' || *p->at == '"')
		rc = take_text(p);
	else
		rc = take_word(p);
	return rc < 0 ? -1 : 1;
}

static int close_bracket(struct parser *p)
{
	if (reduce(p, STEP_OR) < 0)
		return -1;
	if (p->depth == 0)
		return wrong(p, p->at, "this ')' closes nothing");
	p->depth--;
	p->at++;
	p->compared = true;	/* brackets hold a condition, not a value */
	return 1;
}

/* What may stand behind an operand. 1: an operand is there still; 0: one is due. */
static int take_operator(struct parser *p)
{
	static const struct {
		const char *sign;
		enum step_kind kind;
	} signs[] = {
		{"==", STEP_EQ}, {"!=", STEP_NE}, {"<=", STEP_LE}, {">=", STEP_GE},
		{"<", STEP_LT}, {">", STEP_GT}, {"&&", STEP_AND}, {"||", STEP_OR},
	};
	if (*p->at == ')')
		return close_bracket(p);
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (!str_starts(p->at, signs[i].sign))
			continue;
		bool compares = signs[i].kind <= STEP_GE;
		if (compares && p->compared)
			return wrong(p, p->at, "only two values can be compared");
		if (reduce(p, signs[i].kind) < 0 || push(p, signs[i].kind) < 0)
			return -1;
		p->at += strlen(signs[i].sign);
		p->compared = compares;
		return 0;
	}
	return wrong(p, p->at, "here ==, !=, <, <=, >, >=, && or || is needed");
}

static int parse(struct parser *p)
{
	int have = 0;
	for (;;) {
		p->at += strspn(p->at, " \t\r\n");
		if (!*p->at)
			break;
		have = have ? take_operator(p) : take_operand(p);
		if (have < 0)
			return -1;
	}
	if (!have)
		return wrong(p, p->at, "the condition ends where a value is needed");
	if (reduce(p, STEP_OR) < 0)
		return -1;
	return p->depth == 0 ? 0 : wrong(p, p->at, "a ')' is missing");
}

int condition_parse(const char *text, struct arena *a, const struct condition **ret, struct err *e)
{
	struct condition *c = ARENA_NEW(a, struct condition);
	struct parser p = {.text = text, .at = text, .arena = a, .out = c, .e = e};
	if (parse(&p) < 0)
		return -1;
	*ret = c;
	return 0;
}

/* A value while judging: a piece of the document, or a constant. */
struct value {
	const json_t *json;	/* NULL: see step */
	const struct step *step;
	bool truth;		/* neither: the outcome of an operator */
};

static bool holds(const struct value *v)
{
	if (v->json)
		return !json_is_null(v->json) && !json_is_false(v->json);
	if (v->step && v->step->kind == STEP_VALUE)
		return v->step->type != VALUE_NULL &&
		       (v->step->type != VALUE_BOOL || v->step->number > 0);
	return !v->step && v->truth;
}

/* As a constant; false: it is a list or an object. */
static bool constant(const struct value *v, struct step *ret)
{
	*ret = (struct step){.type = VALUE_NULL};
	if (v->step && v->step->kind == STEP_VALUE) {
		*ret = *v->step;
	} else if (json_is_number(v->json)) {
		ret->type = VALUE_NUMBER;
		ret->number = json_number_value(v->json);
	} else if (json_is_string(v->json)) {
		ret->type = VALUE_TEXT;
		ret->text = (struct span){json_string_value(v->json), json_string_length(v->json)};
	} else if (json_is_boolean(v->json)) {
		ret->type = VALUE_BOOL;
		ret->number = json_is_true(v->json) ? 1 : 0;
	} else if (v->json && !json_is_null(v->json)) {
		return false;
	}
	return true;
}

/* -1, 0, 1; 2: they cannot be ordered and are not equal. */
static int order(const struct value *a, const struct value *b)
{
	struct step x, y;
	if (!constant(a, &x) || !constant(b, &y))
		return a->json && b->json && json_equal(a->json, b->json) ? 0 : 2;
	if (x.type != y.type)
		return 2;
	if (x.type == VALUE_NULL)
		return 0;
	if (x.type != VALUE_TEXT)
		return x.number < y.number ? -1 : x.number > y.number;
	int c = memcmp(x.text.data, y.text.data, MIN(x.text.len, y.text.len));
	if (c == 0)
		return x.text.len < y.text.len ? -1 : x.text.len > y.text.len;
	return c < 0 ? -1 : 1;
}

static bool judge(enum step_kind kind, const struct value *a, const struct value *b)
{
	int o = kind <= STEP_GE ? order(a, b) : 0;
	switch (kind) {
	case STEP_EQ:
		return o == 0;
	case STEP_NE:
		return o != 0;
	case STEP_LT:
		return o == -1;
	case STEP_LE:
		return o == -1 || o == 0;
	case STEP_GT:
		return o == 1;
	case STEP_GE:
		return o == 1 || o == 0;
	case STEP_AND:
		return holds(a) && holds(b);
	default:
		return holds(a) || holds(b);
	}
}

bool condition_holds(const struct condition *c, const json_t *root)
{
	struct value stack[STEPS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct step *s = &c->steps[i];
		if (s->kind == STEP_VALUE || s->kind == STEP_POINTER) {
			stack[n++] = (struct value){
				.json = s->kind == STEP_POINTER ? pointer_get(root, s->pointer)
								: NULL,
				.step = s,
			};
		} else if (s->kind == STEP_NOT) {
			stack[n - 1] = (struct value){.truth = !holds(&stack[n - 1])};
		} else {
			n--;
			stack[n - 1] = (struct value){
				.truth = judge(s->kind, &stack[n - 1], &stack[n]),
			};
		}
	}
	return holds(&stack[0]);
}
