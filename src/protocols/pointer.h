/* src/protocols/pointer.h - JSON pointers (RFC 6901): "/a/0/b".
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_POINTER_H
#define PROTOCOLS_POINTER_H

#include <jansson.h>

#include "base/str.h"

/* NULL when this is a pointer, else static words that say why it is none. */
const char *pointer_wrong(struct span pointer);

/* Where it leads; NULL: nowhere. "" is the whole document. */
const json_t *pointer_get(const json_t *root, struct span pointer);

#endif
