/* tests/fuzz/fuzz-corpus.c - corpora (JSONL, TSV, ShareGPT) of each kind of service, and traces.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "load/trace.h"
#include "media/sample.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const kinds[] = {"asr", "tts", "chat"};
	const char *path = fuzz_file(data, len);
	struct trace t = {0};
	struct err e = {0};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct corpus c = {0};
		if (corpus_read(path, kinds[i], a, &c, &e) < 0)
			fuzz_check_error(e.text, sizeof(e.text));
		for (size_t k = 0; k < c.n; k++)
			FUZZ_CHECK(c.samples[k].id && c.samples[k].id[0]);
		corpus_release(&c);
	}
	if (trace_read(path, &t, &e) < 0)
		fuzz_check_error(e.text, sizeof(e.text));
	for (size_t i = 1; i < t.n; i++)
		FUZZ_CHECK(t.items[i].at_ns >= t.items[i - 1].at_ns);
	trace_release(&t);
	return 0;
}
