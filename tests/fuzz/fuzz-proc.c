/* tests/fuzz/fuzz-proc.c - /proc/PID/stat and the numbers of /proc's tables: names of processes may
 * hold anything.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "monitor/proc.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	struct proc_stat s;
	FUZZ_CHECK(text);
	memcpy(text, data, len);
	text[len] = '\0';
	if (proc_parse_stat(text, &s))
		FUZZ_CHECK(s.state != '\0');
	double value = proc_value(text, "VmHWM:");
	FUZZ_CHECK(isnan(value) || strstr(text, "VmHWM:"));
	free(text);
	return 0;
}
