/* tests/fuzz/fuzz-transcripts.c - files of transcripts in every format, and what scores them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"
#include "text/transcripts.h"

static void check(const struct transcripts *t, size_t len)
{
	FUZZ_CHECK(t->n > 0 && t->n <= len);
	for (size_t i = 0; i < t->n; i++) {
		const struct utterance *u = &t->items[i];
		FUZZ_CHECK(u->line > 0 && u->text && u->id && u->text[u->text_len] == '\0');
		FUZZ_CHECK(str_utf8_valid(u->text, u->text_len) == u->text_len);
		FUZZ_CHECK(transcripts_find(t, u->id) == u);
	}
	struct err e;
	FUZZ_CHECK(transcripts_match(t, t, &e) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	for (int f = TRANSCRIPT_AUTO; f <= TRANSCRIPT_LINES; f++) {
		struct err e = {0};
		struct transcripts *t = NULL;
		if (transcripts_parse("file", (const char *)data, len, (enum transcript_format)f,
				      len % 2, &t, &e) < 0)
			fuzz_check_error(e.text, sizeof(e.text));
		else
			check(t, len);
		(void)transcripts_free(t);
	}
	return 0;
}
