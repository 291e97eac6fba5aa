/* src/result/reader.c - see reader.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/reader.h"

#include <math.h>

#include "base/util.h"

void reader_fail(struct reader *rd, const char *key, const char *must)
{
	if (!rd->failed)
		(void)err_set(rd->e, ERR_DATA, "not a result of assay: %s%s%s %s", rd->where,
			      *rd->where ? "." : "", key, must);
	rd->failed = true;
}

static const json_t *get(struct reader *rd, const json_t *j, const char *key, bool right,
			 const char *must)
{
	const json_t *v = json_object_get(j, key);
	if (!v || json_is_null(v))
		return NULL;
	if (!right) {
		reader_fail(rd, key, must);
		return NULL;
	}
	return v;
}

const json_t *reader_object(struct reader *rd, const json_t *j, const char *key)
{
	return get(rd, j, key, json_is_object(json_object_get(j, key)), "must be an object");
}

const json_t *reader_list(struct reader *rd, const json_t *j, const char *key)
{
	return get(rd, j, key, json_is_array(json_object_get(j, key)), "must be a list");
}

const char *reader_text(struct reader *rd, const json_t *j, const char *key)
{
	const json_t *v = get(rd, j, key, json_is_string(json_object_get(j, key)),
			      "must be a text");
	return v ? arena_str(rd->a, json_string_value(v)) : NULL;
}

double reader_real(struct reader *rd, const json_t *j, const char *key)
{
	const json_t *v = get(rd, j, key, json_is_number(json_object_get(j, key)),
			      "must be a number");
	return v ? json_number_value(v) : NAN;
}

int64_t reader_whole(struct reader *rd, const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);
	/* Tools whose numbers are all doubles (jq) write large ones as 1.76e18. */
	double real = json_is_real(v) ? json_real_value(v) : 0.5;
	if (real == floor(real) && fabs(real) < 9.2e18)
		return (int64_t)real;
	v = get(rd, j, key, json_is_integer(v), "must be a whole number");
	return v ? json_integer_value(v) : 0;
}

uint64_t reader_count(struct reader *rd, const json_t *j, const char *key)
{
	int64_t n = reader_whole(rd, j, key);
	if (n >= 0)
		return (uint64_t)n;
	reader_fail(rd, key, "must not be negative");
	return 0;
}

bool reader_bool(struct reader *rd, const json_t *j, const char *key)
{
	const json_t *v = get(rd, j, key, json_is_boolean(json_object_get(j, key)),
			      "must be true or false");
	return v && json_is_true(v);
}

void reader_texts(struct reader *rd, const json_t *j, const char *key, struct strings *ret)
{
	const json_t *list = reader_list(rd, j, key);
	size_t i;
	json_t *v;
	json_array_foreach(list, i, v) {
		if (json_is_string(v))
			strings_add(ret, rd->a, json_string_value(v));
		else
			reader_fail(rd, key, "must hold texts");
	}
}

void reader_interval(struct reader *rd, const json_t *j, const char *key, double *ret_lo,
		     double *ret_hi)
{
	const json_t *list = reader_list(rd, j, key);
	*ret_lo = *ret_hi = NAN;
	if (!list)
		return;
	double *to[2] = {ret_lo, ret_hi};
	for (size_t i = 0; i < 2; i++) {
		const json_t *v = json_array_get(list, i);
		if (json_is_number(v))
			*to[i] = json_number_value(v);
		else if (!json_is_null(v))
			reader_fail(rd, key, "must be two numbers");
	}
}

enum verdict reader_verdict(struct reader *rd, const json_t *j, const char *key)
{
	const char *text = reader_text(rd, j, key);
	for (int v = 0; text && v <= VERDICT_SKIPPED; v++)
		if (strcmp(verdict_name((enum verdict)v), text) == 0)
			return (enum verdict)v;
	reader_fail(rd, key, "must be pass, fail, undecided, untrustworthy, error or skipped");
	return VERDICT_UNDECIDED;
}

struct hist *reader_hist(struct reader *rd, const json_t *j)
{
	const char *text = reader_text(rd, j, "hist");
	struct hist *h = NULL;
	struct err why;
	if (!text)
		return NULL;
	if (hist_new(&h, &why) == 0 && hist_read(h, text, strlen(text), &why) == 0)
		return h;
	reader_fail(rd, "hist", why.text);
	return hist_free(h);
}
