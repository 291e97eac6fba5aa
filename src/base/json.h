/* src/base/json.h - reading and building JSON with jansson, within limits.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define JSON_DEPTH_MAX 64

/* Parse a document (any type at its top) whose nesting is at most depth_max (jansson's own
 * limit is fixed and high, so the text is scanned first). Duplicate keys are refused. The error
 * names line and column and never holds a byte of the text. Caller: json_decref(). */
json_t *json_read(const char *text, size_t len, size_t depth_max, struct err *e);

/* From json_building(true) to json_building(false) on this thread, exhausted memory ends the
 * program with a message, as in an arena: for trees that we make, where a value that could not
 * be added would look like one that is not known. Not for reading. Pairs may be nested. */
void json_building(bool on);

/* For CLEANUP(): json_decref of a local. */
void json_unref(json_t **j);

/* Walk a path of keys and indices, "choices.0.message.content". NULL when it leads nowhere. */
json_t *json_at(const json_t *root, const char *path);

/* What stands there if it has the right type; else the fallback. */
const char *json_text(const json_t *root, const char *path, const char *fallback);
bool json_number(const json_t *root, const char *path, double *ret);
bool json_whole(const json_t *root, const char *path, int64_t *ret);

/* Put into an object; a NaN, infinity or NULL is left out: absent means unknown. */
void json_put_real(json_t *object, const char *key, double value);
void json_put_text(json_t *object, const char *key, const char *value);
void json_put_int(json_t *object, const char *key, int64_t value);
void json_put_bool(json_t *object, const char *key, bool value);
/* Steals value; NULL is left out. */
void json_put(json_t *object, const char *key, json_t *value);

/* Append the text form: compact, or indented by two with 15 significant digits. */
int json_write(const json_t *j, bool pretty, struct buf *out);

#endif
