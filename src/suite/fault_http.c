/* src/suite/fault_http.c - fault cases: heads, lengths and framing, by raw connections.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "suite/fault.h"

static bool send_bytes(struct fault *f, const struct buf *b)
{
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = b->data, .len = b->len},
		{.kind = RAW_READ_REPLY},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}

static bool content_type(struct fault *f)
{
	static const char *const types[] = {"text/plain", NULL, "application/octet-stream",
					    "application/json; charset=XMARKERX", "XMARKERX"};
	CLEANUP(buf_release) struct buf b = BUF_INIT(65536);
	if (!fault_head(f, types[f->c->arg], 5, "Connection: close\r\n", &b))
		return false;
	(void)buf_str(&b, "hello");
	return send_bytes(f, &b);
}

static bool garbage(struct fault *f)
{
	static const char bytes[] =
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is no HTTP\r\n\r\n";
	CLEANUP(buf_release) struct buf b = BUF_INIT(65536);
	(void)buf_add(&b, bytes, sizeof(bytes) - 1);
	return send_bytes(f, &b);
}

/* The head of a POST without a length, and then these lines. */
static bool with_lines(struct fault *f, const char *lines, const char *body)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (!fault_head(f, "application/json", -1, lines, &b))
		return false;
	(void)buf_str(&b, body);
	return send_bytes(f, &b);
}

static bool length(struct fault *f)
{
	static const char *const values[] = {"-1", "", "+5", "0x5", "99999999999999999999", "5, 6"};
	return with_lines(f, arena_fmt(f->scratch, "Content-Length: %s\r\n", values[f->c->arg]),
			  "hello");
}

static bool length_of_digits(struct fault *f)
{
	CLEANUP(buf_release) struct buf lines = BUF_INIT(BUF_UNLIMITED);
	(void)buf_str(&lines, "Content-Length: ");
	for (int64_t i = 0; i < f->c->arg; i++)
		(void)buf_char(&lines, '1');
	(void)buf_str(&lines, "\r\n");
	return with_lines(f, lines.data, "hello");
}

static bool framing(struct fault *f)
{
	static const char *const lines[] = {
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
		"Content-Length: 5\r\nContent-Length: 6\r\n",
		"Content-Length: 5\r\nX-Fold: a\r\n b\r\n",
		"Content-Length: 5\r\nX-Bare: a\nX-Line: b\r\n",
		"Transfer-Encoding: XMARKERX\r\n",
		"Transfer-Encoding: chunked, identity\r\n",
	};
	return with_lines(f, lines[f->c->arg], "hello");
}

static bool bad_chunks(struct fault *f)
{
	static const char *const bodies[] = {
		"XMARKERX\r\nhello\r\n0\r\n\r\n",
		"-1\r\nhello\r\n0\r\n\r\n",
		"ffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
		"5\r\nhelloXX0\r\n\r\n",
	};
	return with_lines(f, "Transfer-Encoding: chunked\r\n", bodies[f->c->arg]);
}

/* A body in chunks of one byte. */
static bool small_chunks(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (!fault_head(f, "application/json", -1, "Transfer-Encoding: chunked\r\n", &b))
		return false;
	for (int64_t i = 0; i < f->c->arg; i++)
		(void)buf_str(&b, "1\r\n \r\n");
	(void)buf_str(&b, "0\r\n\r\n");
	return send_bytes(f, &b);
}

static bool many_headers(struct fault *f)
{
	CLEANUP(buf_release) struct buf lines = BUF_INIT(BUF_UNLIMITED);
	for (int64_t i = 0; i < f->c->arg; i++)
		(void)buf_fmt(&lines, "X-H%lld: a\r\n", (long long)i);
	(void)buf_str(&lines, "Content-Length: 2\r\n");
	return with_lines(f, lines.data, "{}");
}

/* One header of this many bytes. */
static bool large_header(struct fault *f)
{
	CLEANUP(buf_release) struct buf lines = BUF_INIT(BUF_UNLIMITED);
	(void)buf_str(&lines, "Content-Length: 2\r\nX-Request-Id: ");
	for (int64_t i = 0; i < f->c->arg; i++)
		(void)buf_char(&lines, 'a');
	(void)buf_str(&lines, "\r\n");
	return with_lines(f, lines.data, "{}");
}

/* Header fields without an end: up to so many bytes, until the service has had enough. */
static bool endless_headers(struct fault *f)
{
	enum { PIECE = 1 << 16 };
	static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n";
	CLEANUP(buf_release) struct buf piece = BUF_INIT(2 * PIECE);
	while (piece.len < PIECE)
		(void)buf_str(&piece, "X-More: 0123456789abcdef0123456789abcdef\r\n");
	size_t n = (size_t)f->c->arg / PIECE;
	struct raw_step *steps = arena_array(f->scratch, n + 2, sizeof(*steps));
	steps[0] = (struct raw_step){.kind = RAW_SEND, .data = get, .len = sizeof(get) - 1};
	for (size_t i = 0; i < n; i++)
		steps[i + 1] = (struct raw_step){.kind = RAW_SEND, .data = piece.data,
						 .len = piece.len};
	steps[n + 1] = (struct raw_step){.kind = RAW_READ_REPLY};
	return fault_script(f, steps, n + 2);
}

static bool request_line(struct fault *f)
{
	static const char *const lines[] = {
		"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
		"XMARKERX / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		"POST http://[::1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		"POST /%00%ff/../../etc/XMARKERX HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		"GET /no/such/route/XMARKERX HTTP/1.1\r\nHost: a\r\n\r\n",
	};
	CLEANUP(buf_release) struct buf b = BUF_INIT(65536);
	(void)buf_str(&b, lines[f->c->arg]);
	return send_bytes(f, &b);
}

static bool long_uri(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	(void)buf_str(&b, "GET /");
	for (int64_t i = 0; i < f->c->arg; i++)
		(void)buf_char(&b, 'a');
	(void)buf_str(&b, " HTTP/1.1\r\nHost: a\r\n\r\n");
	return send_bytes(f, &b);
}

/* So much is announced; a mebibyte of it is sent. A server with a limit says so now. */
static bool announced(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	struct fault_form form;
	if (!fault_form(f, &form))
		return false;
	bool ok = fault_head(f, form.type, f->c->arg, NULL, &b);
	fault_form_release(&form);
	if (!ok)
		return false;
	for (int i = 0; i < 1 << 16; i++)
		(void)buf_str(&b, "0123456789abcdef");
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = b.data, .len = b.len},
		{.kind = RAW_READ, .amount = 16, .ns = NS_PER_S / 2},
		{.kind = RAW_RESET},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}

/* All of it is sent. */
static bool large_upload(struct fault *f)
{
	enum { PIECE = 1 << 20 };
	CLEANUP(buf_release) struct buf head = BUF_INIT(65536);
	size_t n = (size_t)f->c->arg / PIECE;
	char *piece = arena_alloc(f->scratch, PIECE);
	struct raw_step *steps = arena_array(f->scratch, n + 2, sizeof(*steps));
	struct fault_form form;
	if (!fault_form(f, &form))
		return false;
	bool ok = fault_head(f, form.type, f->c->arg, NULL, &head);
	fault_form_release(&form);
	steps[0] = (struct raw_step){.kind = RAW_SEND, .data = head.data, .len = head.len};
	for (size_t i = 0; i < n; i++)
		steps[i + 1] = (struct raw_step){.kind = RAW_SEND, .data = piece, .len = PIECE};
	steps[n + 1] = (struct raw_step){.kind = RAW_READ_REPLY};
	return ok && fault_script(f, steps, n + 2);
}

/* The same request with the head of it cut at this share. */
static bool token(struct fault *f)
{
	struct fault_form form;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (!f->service->api_key) {
		fault_skip(f, "the service has no key");
		return false;
	}
	if (!fault_form(f, &form))
		return false;
	(void)buf_fmt(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n"
		      "Connection: close\r\nContent-Length: %zu\r\n", form.path, form.authority,
		      form.type, form.body.len);
	if (f->c->arg)
		(void)buf_str(&b, "Authorization: Bearer XMARKERX\r\n");
	(void)buf_str(&b, "\r\n");
	(void)buf_add(&b, form.body.data, form.body.len);
	fault_form_release(&form);
	return send_bytes(f, &b);
}

#define DRAIN "parser bugs published for several HTTP servers"

const struct fault_case fault_http_cases[] = {
	{"H01a", "all", "Content-Type text/plain", "415 or 400", "vllm-project/vllm #11171",
	 ALLOW_REFUSE, content_type, 0},
	{"H01b", "all", "no Content-Type", "415 or 400",
	 "triton-inference-server/server #2643", ALLOW_REFUSE, content_type, 1},
	{"H01c", "all", "Content-Type application/octet-stream", "415 or 400",
	 "vllm-project/vllm #13193", ALLOW_REFUSE, content_type, 2},
	{"H01d", "all", "JSON of an unknown character set that is no JSON", "refuse; echo nothing",
	 "vllm-project/vllm #13193", ALLOW_REFUSE, content_type, 3},
	{"H01e", "all", "a Content-Type that is a word", "refuse, and echo nothing",
	 "vllm-project/vllm #13193", ALLOW_REFUSE, content_type, 4},
	{"H10a", "all", "2,000 header fields", "431", "nodejs/llhttp #213", ALLOW_DROP,
	 many_headers, 2000},
	{"H10b", "all", "a header of 200 KB", "431", "CVE-2025-48956", ALLOW_DROP, large_header,
	 200000},
	{"H10c", "all", "bytes that are no HTTP", "refuse or close", DRAIN, ALLOW_DROP, garbage},
	{"H10d", "all", "a URI of 100 KB", "414 or close", "CVE-2019-15226", ALLOW_DROP, long_uri,
	 100000},
	{"H10e", "all", "HTTP/9.9", "refuse, close, or answer as 1.1", DRAIN,
	 ALLOW_DROP | ALLOW_2XX | ALLOW_505, request_line, 0},
	{"H10f", "all", "an unknown method", "refuse, and echo nothing", DRAIN,
	 ALLOW_DROP, request_line, 1},
	{"H10g", "all", "a broken address in the request line", "refuse", DRAIN, ALLOW_DROP,
	 request_line, 2},
	{"H10h", "all", "a path with NUL and '..'", "refuse, and echo nothing", DRAIN, ALLOW_DROP,
	 request_line, 3},
	{"H10i", "all", "a route that does not exist", "404, and echo nothing", DRAIN, ALLOW_4XX,
	 request_line, 4},
	{"H10j", "all", "32 MB of header fields that do not end", "431, or close; bounded memory",
	 "hyperium/hyper #187", ALLOW_DROP, endless_headers, 32 << 20, 10},
	{"H11a", "all", "Content-Length -1", "400", "GHSA-v9pg-7xvm-68hf", ALLOW_DROP, length, 0},
	{"H11b", "all", "an empty Content-Length", "400", "python-hyper/h11 #181", ALLOW_DROP,
	 length, 1},
	{"H11c", "all", "Content-Length +5", "400", DRAIN, ALLOW_DROP, length, 2},
	{"H11d", "all", "Content-Length 0x5", "400", DRAIN, ALLOW_DROP, length, 3},
	{"H11e", "all", "Content-Length of 20 nines", "400 or 413", DRAIN, ALLOW_DROP, length, 4},
	{"H11f", "all", "Content-Length of 100,000 digits", "400 or 431", "python-hyper/h11 #181",
	 ALLOW_DROP, length_of_digits, 100000},
	{"H12a", "all", "Content-Length and Transfer-Encoding", "400 and close",
	 "h2o/h2o #1459", ALLOW_DROP, framing, 0},
	{"H12b", "all", "two Content-Lengths", "400 and close", DRAIN, ALLOW_DROP, framing, 1},
	{"H12c", "all", "a folded header", "refuse, or take it as one line", DRAIN,
	 ALLOW_DROP, framing, 2},
	{"H12d", "all", "a bare line feed in the head", "refuse; no 5xx", DRAIN, ALLOW_DROP,
	 framing, 3},
	{"H12e", "all", "an unknown Transfer-Encoding", "refuse, and echo nothing", DRAIN,
	 ALLOW_DROP | ALLOW_SILENCE, framing, 4},
	{"H12f", "all", "Transfer-Encoding chunked, identity", "refuse", DRAIN,
	 ALLOW_DROP | ALLOW_SILENCE, framing, 5},
	{"H13a", "all", "20,000 chunks of one byte", "refuse as any bad body",
	 "CVE-2025-23310", ALLOW_DROP, small_chunks, 20000, 10},
	{"H13b", "all", "3,000,000 chunks of one byte", "refuse as any bad body",
	 "CVE-2025-23310", ALLOW_DROP, small_chunks, 3000000, 60, .heavy = true},
	{"H13c", "all", "a chunk length that is a word", "refuse, and echo nothing", DRAIN,
	 ALLOW_DROP, bad_chunks, 0},
	{"H13d", "all", "a chunk of -1 bytes", "refuse", DRAIN, ALLOW_DROP, bad_chunks, 1},
	{"H13e", "all", "a chunk of 2^72 bytes", "refuse", DRAIN, ALLOW_DROP, bad_chunks, 2},
	{"H13f", "all", "a chunk without its end", "refuse", DRAIN, ALLOW_DROP, bad_chunks, 3},
	{"H16", "all", "an X-Request-Id of 60 KB", "cut it, or 431", "vllm-project/vllm #10968",
	 ALLOW_DROP, large_header, 60000},
	{"A14", "all", "an upload of 2 GB is announced, and its first MB sent",
	 "413 at its limit; bounded memory", "vllm-project/vllm #45510",
	 ALLOW_DROP | ALLOW_SILENCE, announced, 2000000000, 10},
	{"A14b", "all", "an upload of 2 GB", "413 after at most its limit and one buffer",
	 "raullenchai/Rapid-MLX #193", ALLOW_DROP | ALLOW_503, large_upload, 2000000000, 120,
	 .heavy = true},
	{"H08", "all", "a body of 2^31 bytes", "413 at its limit; bounded memory",
	 "mozilla-ai/llamafile #835", ALLOW_DROP | ALLOW_503, large_upload,
	 (int64_t)1 << 31, 120, .heavy = true},
	{"X01a", "all", "a good request without the key", "401", "vllm-project/vllm #58144",
	 ALLOW_4XX, token, 0},
	{"X01b", "all", "a good request with a wrong key", "401, and echo nothing",
	 "waybarrios/vllm-mlx #317", ALLOW_4XX, token, 1},
	{0},
};
