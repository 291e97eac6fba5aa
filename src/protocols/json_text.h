/* src/protocols/json_text.h - a JSON request body written straight into a request, without a tree.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_JSON_TEXT_H
#define PROTOCOLS_JSON_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "protocols/protocol.h"

/* Keys that the service's body sets are left to it: the calls below then write nothing. */
struct json_text {
	const struct service *service;
	struct request *out;
	bool more;	/* a comma is due */
};

/* Content-Type, and the opening brace. */
void json_text_begin(struct json_text *w, const struct service *s, struct request *out);

/* A key with its colon, for a value that the caller writes. False: body has it. */
bool json_text_key(struct json_text *w, const char *key);

void json_text_string(struct json_text *w, const char *key, const char *value);	/* NULL: skipped */
void json_text_int(struct json_text *w, const char *key, int64_t value);
void json_text_real(struct json_text *w, const char *key, double value);
void json_text_bool(struct json_text *w, const char *key, bool value);

/* The body's keys and the closing brace. -1 when the request had no room. */
int json_text_end(struct json_text *w, struct err *e);

/* Pieces for the caller's own values. */
void json_text_raw(struct request *out, const char *text);
void json_text_escaped(struct request *out, const char *text, size_t len);	/* no quotes */

#endif
