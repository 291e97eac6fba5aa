/* tests/fuzz/fuzz-wav.c - a WAV header reads the same however it was cut; what follows the data
 * too; and such a file can be decoded or refused.
 * SPDX-License-Identifier: Apache-2.0 */
#include "audio/wav.h"
#include "tests/fuzz/fuzz.h"

static int feed(const uint8_t *data, size_t len, size_t round, struct wav_parser *p, size_t *used)
{
	int rc = 0;
	*used = 0;
	wav_parser_init(p);
	while (rc == 0 && *used < len) {
		size_t n = fuzz_piece(data, len, *used, round);
		size_t took = n;
		rc = wav_parse(p, data + *used, n, &took);
		FUZZ_CHECK(rc >= -1 && rc <= 1 && took <= n);
		FUZZ_CHECK(rc != 0 || took == n);
		if (rc >= 0)
			*used += took;
	}
	return rc;
}

static int feed_tail(const uint8_t *data, size_t len, size_t round, bool *complete)
{
	struct wav_tail t = {0};
	int rc = 0;
	for (size_t at = 0, n; at < len && rc == 0; at += n) {
		n = fuzz_piece(data, len, at, round);
		rc = wav_tail_parse(&t, data + at, n);
	}
	*complete = wav_tail_complete(&t);
	return rc;
}

static void check_tail(const uint8_t *data, size_t len)
{
	bool whole, cut;
	int rc = feed_tail(data, len, 0, &whole);
	for (size_t round = 1; round < 3; round++) {
		FUZZ_CHECK(feed_tail(data, len, round, &cut) == rc);
		FUZZ_CHECK(rc < 0 || cut == whole);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct wav_parser p, q;
	size_t used, used_cut;
	int rc = feed(data, len, 0, &p, &used);
	for (size_t round = 1; round < 3; round++) {
		FUZZ_CHECK(feed(data, len, round, &q, &used_cut) == rc);
		if (rc == 1)
			FUZZ_CHECK(used == used_cut && p.data_size == q.data_size &&
				   p.pcm == q.pcm && p.channels == q.channels &&
				   p.sample_rate == q.sample_rate);
	}
	FUZZ_CHECK(rc != -1 || p.wrong);
	if (rc == 1) {
		FUZZ_CHECK(p.channels > 0 && p.sample_rate > 0 && p.frame_bytes > 0);
		check_tail(data + used, len - used);
	}
	return 0;
}
