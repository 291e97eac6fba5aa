/* src/protocols/reply.h - what the readers of replies share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_REPLY_H
#define PROTOCOLS_REPLY_H

#include <jansson.h>
#include <stdbool.h>

#include "base/outcome.h"
#include "http/head.h"
#include "protocols/answer.h"

/* Content type is one of these ("audio/wav"; "text/" stands for all of them); ends with NULL. */
bool reply_type_is(const struct http_head *head, const char *const *types);
bool reply_is_json(const struct http_head *head);

/* Keep a piece of a document that is read as a whole. bad: what it is when it is too large. */
enum outcome reply_collect(struct answer *a, const char *data, size_t len, enum outcome bad);

/* The collected body as a JSON object (caller: decref), unless it is none (BAD_JSON), empty
 * (EMPTY_ANSWER), or says that something went wrong (ERROR_BODY, noted in the answer). */
enum outcome reply_object(struct answer *a, json_t **ret);

/* A 200 of a type that was not asked for: an error in it, or just the wrong type. */
enum outcome reply_wrong_type(struct answer *a);

#endif
