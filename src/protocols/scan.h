/* src/protocols/scan.h - walking JSON text in place: no tree, no allocation.
 *
 * For the events of streams, of which there are many and small. Every byte that is passed over is
 * checked (RFC 8259, UTF-8), nesting is limited, and nothing recurses. What is rare (escapes in
 * keys, numbers that are not plain integers where one is wanted) is refused, so that the caller
 * can have the whole event parsed by the library instead.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_SCAN_H
#define PROTOCOLS_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define SCAN_DEPTH_MAX 64

struct scan {
	const char *at, *end;
};

/* The first byte of the next value or sign, white space skipped; 0 at the end. */
char scan_peek(struct scan *s);

/* Enter what begins here: '{' or '['. False: something else begins. */
bool scan_enter(struct scan *s, char bracket);

/* Inside an object: 1 and the key (the value follows), 0 past its end, -1 not valid. *first is
 * true before the first call. */
int scan_member(struct scan *s, bool *first, struct span *key);

/* Inside a list: 1 (the value follows), 0 past its end, -1 not valid. */
int scan_item(struct scan *s, bool *first);

/* A string: what stands between the quotes, escapes and all, valid UTF-8. */
bool scan_string(struct scan *s, struct span *raw);

/* A string as above, or null, which leaves raw alone. */
bool scan_string_or_null(struct scan *s, struct span *raw);

/* A whole number of at most 18 digits; or null, which leaves it alone. */
bool scan_int(struct scan *s, int64_t *ret);

/* Any value; the text of it. raw may be NULL. */
bool scan_value(struct scan *s, struct span *raw);

/* Only white space is left? */
bool scan_at_end(struct scan *s);

/* Append the text that a raw string stands for; *ret_chars: how many characters (code points).
 * -1 when out is full. raw must have come from scan_string(). */
int scan_unescape(struct span raw, struct buf *out, uint32_t *ret_chars);

#endif
