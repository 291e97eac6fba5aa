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

/* A reference with times from the first half, what is scored against it from the second: every word
 * is scored once or counted as left out. */
static void check_fit(const uint8_t *data, size_t len)
{
	struct transcripts *r = NULL;
	struct transcripts *h = NULL;
	struct err e = {0};
	const char *second = (const char *)data + len / 2;
	const char *first = (const char *)data;
	if (transcripts_parse("r", first, len / 2, TRANSCRIPT_STM, false, &r, &e) == 0 &&
	    transcripts_parse("h", second, len - len / 2,
			      len % 2 ? TRANSCRIPT_STM : TRANSCRIPT_CTM, true, &h, &e) == 0) {
		if (transcripts_fit(r, &h, 1, &e) < 0)
			fuzz_check_error(e.text, sizeof(e.text));
		else if (transcripts_match(r, h, &e) == 0)
			for (size_t i = 0; i < h->n; i++)
				FUZZ_CHECK(transcripts_find(r, h->items[i].id));
	}
	(void)transcripts_free(r);
	(void)transcripts_free(h);
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
	check_fit(data, len);
	return 0;
}
