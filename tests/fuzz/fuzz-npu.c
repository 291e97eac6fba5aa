/* tests/fuzz/fuzz-npu.c - what npu-smi, nvidia-smi and Prometheus pages may print.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "monitor/npu_text.h"
#include "monitor/nvidia_text.h"
#include "monitor/page.h"
#include "tests/fuzz/fuzz.h"

static void lines(const char *text, size_t len, struct capture *c)
{
	struct watch_columns columns = {0};
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;
		(void)npu_text_watch_line(text + at, n, &columns, c);
		(void)nvidia_text_line((struct span){text + at, n}, c);
		at += n + 1;
	}
}

static void check(const struct capture *c)
{
	json_t *j = capture_to_json(c);
	FUZZ_CHECK(j);
	json_decref(j);
	for (size_t i = 0; i < c->n; i++) {
		char label[64];
		device_label(&c->devices[i], label, sizeof(label));
		FUZZ_CHECK(label[0]);
		for (int q = 0; q < Q_COUNT; q++)	/* unknown is NaN, never infinite */
			FUZZ_CHECK(!isinf(c->devices[i].q[q]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct arena *a = arena_new();
	struct capture c;
	capture_init(&c, a);
	npu_text_parse(text, len, &c);
	check(&c);
	capture_init(&c, a);
	lines(text, len, &c);
	check(&c);
	if (page_looks_like(text, len)) {
		capture_init(&c, a);
		page_to_devices(text, len, &c);
		check(&c);
	}
	struct page_server server;
	size_t known = page_to_server(text, len, &server);
	for (size_t i = 0; i < PAGE_COUNT_OF_VALUES; i++)
		known -= !isnan(server.values[i]);
	FUZZ_CHECK(known == 0);
	(void)arena_free(a);
	return 0;
}
