/* src/base/json.c - see json.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <math.h>
#include <pthread.h>

#include "base/util.h"

static _Thread_local int building;

static void *get_memory(size_t size)
{
	void *p = malloc(size);
	if (p || !building)
		return p;
	(void)fputs("assay: out of memory\n", stderr);
	abort();
}

static void take_over(void)
{
	json_set_alloc_funcs(get_memory, free);
}

void json_building(bool on)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, take_over);
	building += on ? 1 : -1;
}

/* Nesting of brackets outside strings; enough to protect the parser's recursion. */
static size_t depth_of(const char *text, size_t len)
{
	size_t depth = 0;
	size_t deepest = 0;
	bool quoted = false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '[' || c == '{') {
			if (++depth > deepest)
				deepest = depth;
		} else if ((c == ']' || c == '}') && depth > 0) {
			depth--;
		}
	}
	return deepest;
}

/* jansson's words quote the input ("... near 'x'"): keep the reason only. */
static int reason(struct err *e, const json_error_t *why)
{
	const char *near = strstr(why->text, " near ");
	int n = near ? (int)(near - why->text) : (int)strlen(why->text);
	return err_set(e, ERR_DATA, "invalid JSON at line %d, column %d: %.*s", why->line,
		       why->column, n, why->text);
}

json_t *json_read(const char *text, size_t len, size_t depth_max, struct err *e)
{
	if (depth_of(text, len) > depth_max) {
		err_set(e, ERR_DATA, "JSON is nested more than %zu deep", depth_max);
		return NULL;
	}
	json_error_t why;
	json_t *j = json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
			       &why);
	if (!j)
		(void)reason(e, &why);
	return j;
}

void json_unref(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

json_t *json_at(const json_t *root, const char *path)
{
	const json_t *here = root;
	char key[128];
	while (here && *path) {
		size_t n = strcspn(path, ".");
		if (n >= sizeof(key))
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		if (json_is_array(here)) {
			char *end;
			unsigned long i = strtoul(key, &end, 10);
			here = *end || n == 0 ? NULL : json_array_get(here, i);
		} else {
			here = json_object_get(here, key);
		}
		path += n + (path[n] == '.');
	}
	return (json_t *)here;
}

const char *json_text(const json_t *root, const char *path, const char *fallback)
{
	const char *s = json_string_value(json_at(root, path));
	return s ? s : fallback;
}

bool json_number(const json_t *root, const char *path, double *ret)
{
	const json_t *j = json_at(root, path);
	if (!json_is_number(j))
		return false;
	*ret = json_number_value(j);
	return true;
}

bool json_whole(const json_t *root, const char *path, int64_t *ret)
{
	const json_t *j = json_at(root, path);
	if (!json_is_integer(j))
		return false;
	*ret = json_integer_value(j);
	return true;
}

void json_put(json_t *object, const char *key, json_t *value)
{
	if (value)
		(void)json_object_set_new(object, key, value);
}

void json_put_real(json_t *object, const char *key, double value)
{
	if (isfinite(value))
		json_put(object, key, json_real(value));
}

void json_put_text(json_t *object, const char *key, const char *value)
{
	if (value)
		json_put(object, key, json_string(value));
}

void json_put_int(json_t *object, const char *key, int64_t value)
{
	json_put(object, key, json_integer(value));
}

void json_put_bool(json_t *object, const char *key, bool value)
{
	json_put(object, key, json_boolean(value));
}

static int to_buf(const char *data, size_t len, void *out)
{
	return buf_add(out, data, len);
}

int json_write(const json_t *j, bool pretty, struct buf *out)
{
	size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(15);
	flags |= pretty ? JSON_INDENT(2) : JSON_COMPACT;
	return json_dump_callback(j, to_buf, out, flags) == 0 ? 0 : -1;
}
