/* src/text/tokens.h - cut text into what errors are counted in.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_TOKENS_H
#define TEXT_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum token_unit {
	TOKEN_WORD,	/* between white space: wer */
	TOKEN_CHARACTER,	/* grapheme clusters, white space left out: cer */
	TOKEN_MIXED,	/* each Han character or kana, each run of other letters or digits;
			 * what is neither letter nor digit separates and is no token */
	TOKEN_CHARACTER_SPACES,	/* grapheme clusters, white space counted too */
};
extern const char *const token_unit_names[];	/* wer, cer, mixed; NULL ends */

/* Tokens of texts that are compared with each other: equal texts get equal numbers. */
struct tokens;
int tokens_new(struct tokens **ret, struct err *e);
struct tokens *tokens_free(struct tokens *t);	/* NULL is fine */
void tokens_clear(struct tokens *t);		/* keeps memory; numbers start at 0 again */

/* Cut a text (valid UTF-8; must stay until tokens_clear()). *ret_first: where its tokens begin in
 * tokens_ids(); *ret_n: how many. */
int tokens_add(struct tokens *t, enum token_unit unit, const char *text, size_t len,
	       size_t *ret_first, size_t *ret_n, struct err *e);
const uint32_t *tokens_ids(const struct tokens *t);	/* valid until the next tokens_add() */
uint32_t tokens_symbols(const struct tokens *t);
struct span tokens_text(const struct tokens *t, uint32_t id);

#endif
