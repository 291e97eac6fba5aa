/* tests/unit/result/test-format.c - numbers as people read them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "result/format.h"

static void test_formats(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double value;
		const char *text;
	} rows[] = {
		{"latency", 0.15234, "152 ms"}, {"latency", 1.2345, "1.23 s"},
		{"latency", 0.99951, "1.00 s"}, {"latency.p99", 0.00001234, "12.3 µs"},
		{"latency", 0, "0 s"}, {"latency", 7300, "2.03 h"}, {"latency", 900, "15.0 min"},
		{"rtf", 0.2134, "0.213"}, {"rtf.p50", 0.00321, "0.00321"},
		{"request_rate", 30.47, "30.5 /s"}, {"token_rate", 254.13, "254 tokens/s"},
		{"error_rate", 0.0000123, "0.0012 %"}, {"error_rate", 0.0123, "1.23 %"},
		{"error_rate", 0, "0 %"}, {"goodput_share", 1, "100 %"},
		{"output_tokens", 64, "64"}, {"output_tokens.mean", 63.25, "63.2"},
		{"latency", NAN, ""}, {"nothing", 1, ""}, {"latency", -0.25, "-250 ms"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char out[FORMAT_MAX];
		format_metric(out, sizeof(out), rows[i].name, rows[i].value);
		assert_string_equal(out, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
