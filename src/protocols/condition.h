/* src/protocols/condition.h - a small expression over a JSON document: is this reply a good one?
 *
 *     condition  = and { "||" and }
 *     and        = not { "&&" not }
 *     not        = "!" not | "(" condition ")" | operand [ ("==" | "!=" | "<" | "<=" | ">" | ">=")
 *                                                          operand ]
 *     operand    = pointer | number | "'" text "'" | '"' text '"' | true | false | null
 *     pointer    = "/" … up to a blank or one of ()=!<>&| (RFC 6901), or @"…" for others
 *
 * A pointer that leads nowhere is null. An operand alone holds when it is neither null nor false.
 * Values of different types are never equal, and none of them is smaller. Texts are compared byte
 * by byte, lists and objects only by ==.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_CONDITION_H
#define PROTOCOLS_CONDITION_H

#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

struct condition;

/* Everything in the arena. -1: the words name the column (from 1) in the text. */
int condition_parse(const char *text, struct arena *a, const struct condition **ret,
		    struct err *e);

bool condition_holds(const struct condition *c, const json_t *root);

#endif
