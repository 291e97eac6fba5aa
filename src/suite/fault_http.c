/* src/suite/fault_http.c - fault cases: HTTP and connections.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault.h"

#include "base/clock.h"

static bool wrong_content_type(struct fault *f)
{
	return fault_post(f, "text/plain", "hello", 5);
}

/* The head promises a body that never comes whole: we leave in the middle. */
static bool leave_early(struct fault *f)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(65536);
	if (!fault_head(f, "application/json", 100000, &text))
		return false;
	(void)buf_str(&text, "{\"half\":");
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = text.data, .len = text.len},
		{.kind = RAW_SLEEP, .ns = 100 * NS_PER_MS},
		{.kind = RAW_RESET},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}

static bool garbage(struct fault *f)
{
	static const char bytes[] =
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is no HTTP\r\n\r\n";
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = bytes, .len = sizeof(bytes) - 1},
		{.kind = RAW_READ_REPLY, .ns = 8 * NS_PER_S},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}

static bool negative_length(struct fault *f)
{
	static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n";
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = head, .len = sizeof(head) - 1},
		{.kind = RAW_READ_REPLY, .ns = 8 * NS_PER_S},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}

const struct fault_case fault_http_cases[] = {
	{"H01", "all", "a wrong content type", "refuse", "vllm-project/vllm #11171", ALLOW_4XX, 0,
	 wrong_content_type},
	{"H17a", "all", "a client that leaves in the middle of its upload", "go on",
	 "sgl-project/sglang #36475", ALLOW_CLOSE | ALLOW_4XX, 0, leave_early},
	{"H10n", "all", "bytes that are no HTTP", "refuse or close",
	 "parser bugs published for several HTTP servers", ALLOW_CLOSE | ALLOW_4XX, 0, garbage},
	{"H11", "all", "a negative Content-Length", "refuse or close", "GHSA-v9pg-7xvm-68hf",
	 ALLOW_CLOSE | ALLOW_4XX, 0, negative_length},
	{0},
};
