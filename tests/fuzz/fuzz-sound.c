/* tests/fuzz/fuzz-sound.c - sound files of every form that a service may send: as samples, and their
 * length alone.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "audio/decode.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct audio a = {0};
	struct err e = {0};
	char format[16];
	double seconds = 0;
	int whole = audio_decode(data, len, &a, &e);
	if (whole < 0)
		fuzz_check_error(e.text, sizeof(e.text));
	e = (struct err){0};
	int length = audio_length(data, len, &seconds, format, &e);
	if (length < 0)
		fuzz_check_error(e.text, sizeof(e.text));
	FUZZ_CHECK((whole < 0) == (length < 0));
	if (whole == 0) {
		FUZZ_CHECK(a.frames > 0 && a.channels > 0 && a.rate > 0);
		FUZZ_CHECK(fabs(seconds - (double)a.frames / a.rate) < 1e-9 * seconds + 1e-9);
		FUZZ_CHECK(strcmp(format, a.format) == 0);
	}
	audio_release(&a);
	return 0;
}
