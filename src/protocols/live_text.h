/* src/protocols/live_text.h - words of a transcript that is shown while somebody speaks.
 *
 * A token is a run of letters and digits, or one character of a script without blanks (from U+2E80
 * on). Punctuation and case do not count: a second pass adds them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_LIVE_TEXT_H
#define PROTOCOLS_LIVE_TEXT_H

#include <stdbool.h>

#include "base/str.h"

bool live_token(struct span *rest, struct span *ret);	/* the next one; false: none is left */
size_t live_tokens(struct span text);			/* how many */

/* How many tokens of both texts are the same from the beginning on. */
size_t live_common(struct span a, struct span b);

#endif
