/* src/protocols/filler.h - words that make a prompt as long as is wanted.
 *
 * Short words of everyday English: in the vocabularies of today's language models each of them,
 * with the blank before it, is one token. What the service counted is shown as prompt_tokens.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_FILLER_H
#define PROTOCOLS_FILLER_H

#include <stdint.h>

#include "base/buf.h"

/* Append n words, a blank behind each; the same for the same seed. -1 when out is full. */
int filler_write(uint64_t seed, int64_t n, struct buf *out);

/* How many words a text has already. */
int64_t filler_count(const char *text);

#endif
