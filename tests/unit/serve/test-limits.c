/* tests/unit/serve/test-limits.c - every limit just below, at and just above it.
 * SPDX-License-Identifier: Apache-2.0 */

#include "serve_test.h"

static void fill(struct buf *b, char c, size_t n)
{
	char *to = buf_reserve(b, n);
	assert_non_null(to);
	memset(to, c, n);
	buf_grew(b, n);
}

static void expect(const struct service *s, const struct buf *b, int status, const char *code)
{
	struct reply r = ask(s, b->data, b->len);
	if (r.status != status)
		fail_msg("status %d, not %d: %.300s", r.status, status,
			r.all.data ? r.all.data : "");
	if (code)
		check_error(&r, code, NULL);
	reply_release(&r);
}

static struct service start(const char *name, const char *value)
{
	char option[40];
	(void)snprintf(option, sizeof(option), "--%s", name);
	const char *args[] = {"chat", "--worker", "sim", "--sim-ttft", "1ms", "--sim-tokens", "2",
			      "--sim-token-time", "1ms", option, value, NULL};
	return service_start(args);
}

static void test_upload(void **state)
{
	(void)state;
	struct service s = start("max-upload", "4096");
	for (int off = -1; off <= 1; off++) {
		CLEANUP(buf_release) struct buf body = BUF_INIT(BUF_UNLIMITED);
		CLEANUP(buf_release) struct buf all = BUF_INIT(BUF_UNLIMITED);
		(void)buf_str(&body, CHAT_SAY);
		fill(&body, ' ', (size_t)(4096 + off) - body.len);
		put_post(&all, CHAT, "application/json", body.data, body.len);
		expect(&s, &all, off <= 0 ? 200 : 413, off <= 0 ? NULL : "too_large");
		/* The same without a length, in chunks of one byte. */
		buf_clear(&all);
		(void)buf_str(&all, "POST " CHAT " HTTP/1.1\r\nHost: x\r\nContent-Type: "
				    "application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
		for (size_t i = 0; i < body.len; i++)
			(void)buf_fmt(&all, "1\r\n%c\r\n", body.data[i]);
		(void)buf_str(&all, "0\r\n\r\n");
		expect(&s, &all, off <= 0 ? 200 : 413, off <= 0 ? NULL : "too_large");
	}
	service_stop(&s);
}

/* A body of which nothing may be kept, announced and not: the answer comes long before its end. */
static void test_huge_upload(void **state)
{
	(void)state;
	struct service s = start("max-upload", "65536");
	uint64_t before = clock_now();
	int fd = dial(&s);
	send_text(fd, "POST " CHAT " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
		      "Content-Length: 2147483648\r\n\r\n");
	struct reply r = reply_read(fd, TEST_WAIT);
	assert_int_equal(r.status, 413);
	assert_true(clock_now() - before < patience(NS_PER_S));
	reply_release(&r);
	(void)close(fd);
	fd = dial(&s);
	send_text(fd, "POST " CHAT " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
		      "Transfer-Encoding: chunked\r\n\r\n40000\r\n");
	char waste[65536] = {0};
	for (int i = 0; i < 2; i++)
		send_all(fd, waste, sizeof(waste));
	r = reply_read(fd, TEST_WAIT);
	assert_int_equal(r.status, 413);
	check_error(&r, "too_large", NULL);
	reply_release(&r);
	(void)close(fd);
	service_stop(&s);
}

static void test_headers(void **state)
{
	(void)state;
	struct service s = start("max-headers", "10");
	for (int n = 8; n <= 10; n++) {	/* and Host */
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		(void)buf_str(&b, "GET /v1/models HTTP/1.1\r\nHost: x\r\n");
		for (int i = 0; i < n; i++)
			(void)buf_fmt(&b, "X-%d: y\r\n", i);
		(void)buf_str(&b, "\r\n");
		expect(&s, &b, n + 1 <= 10 ? 200 : 431, n + 1 <= 10 ? NULL : "headers_too_large");
	}
	CLEANUP(buf_release) struct buf many = BUF_INIT(BUF_UNLIMITED);
	(void)buf_str(&many, "GET /v1/models HTTP/1.1\r\nHost: x\r\n");
	for (int i = 0; i < 10000; i++)
		(void)buf_fmt(&many, "X-%d: y\r\n", i);
	(void)buf_str(&many, "\r\n");
	struct reply r = ask(&s, many.data, many.len);
	assert_true(r.status == 431 || r.status == -1);	/* the library's own limit */
	reply_release(&r);
	service_stop(&s);
}

static void test_header_bytes(void **state)
{
	(void)state;
	struct service s = start("max-header-bytes", "1000");
	for (int off = -1; off <= 1; off++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		(void)buf_str(&b, "GET /v1/models HTTP/1.1\r\nHost: x\r\nX: ");
		/* "Host: x" and "X: " with their line ends are 9 and 5 bytes. */
		fill(&b, 'a', (size_t)(1000 + off) - 9 - 5);
		(void)buf_str(&b, "\r\n\r\n");
		expect(&s, &b, off <= 0 ? 200 : 431, off <= 0 ? NULL : "headers_too_large");
	}
	service_stop(&s);
}

static void test_uri(void **state)
{
	(void)state;
	struct service s = start("max-uri", "100");
	for (int off = -1; off <= 1; off++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		(void)buf_str(&b, "GET /v1/models?");
		fill(&b, 'a', (size_t)(100 + off) - strlen("/v1/models?"));
		(void)buf_str(&b, " HTTP/1.1\r\nHost: x\r\n\r\n");
		expect(&s, &b, off <= 0 ? 200 : 414, off <= 0 ? NULL : "uri_too_long");
	}
	service_stop(&s);
}

static void test_text(void **state)
{
	(void)state;
	static const char *const args[] = {"tts", "--worker", "sim", "--sim-ttft", "1ms",
					   "--sim-token-time", "0", "--max-text", "20", NULL};
	struct service s = service_start(args);
	for (int n = 19; n <= 21; n++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		(void)buf_str(&b, "{\"text\":\"");
		for (int i = 0; i < n; i++)
			(void)buf_str(&b, "\xe4\xbd\xa0");	/* characters, not bytes */
		(void)buf_str(&b, "\"}");
		struct reply r = post_json(&s, "/synthesize", b.data);
		assert_int_equal(r.status, n <= 20 ? 200 : 400);
		if (n > 20)
			check_error(&r, "text_too_long", NULL);
		reply_release(&r);
	}
	service_stop(&s);
}

/* The text of a chat must fit into one header of the worker protocol. */
static void test_context(void **state)
{
	(void)state;
	struct service s = start("max-queue", "5");
	for (size_t n = 60000; n <= 70000; n += 10000) {
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		(void)buf_str(&b, "{\"messages\":[{\"role\":\"user\",\"content\":\"");
		fill(&b, 'a', n);
		(void)buf_str(&b, "\"}]}");
		struct reply r = post_json(&s, CHAT, b.data);
		assert_int_equal(r.status, n < 65000 ? 200 : 400);
		if (r.status == 400)
			check_error(&r, "context_length_exceeded", NULL);
		reply_release(&r);
	}
	service_stop(&s);
}

/* One worker that takes one request, two that may wait: the fourth is refused. */
static void test_queue(void **state)
{
	(void)state;
	struct patience_text ttft = patience_ms(400);
	const char *const args[] = {"chat", "--worker", "sim", "--sim-ttft", ttft.text,
				    "--sim-tokens", "1", "--sim-parallel", "1",
				    "--max-queue", "2", NULL};
	struct service s = service_start(args);
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	put_post(&b, CHAT, "application/json", CHAT_SAY, strlen(CHAT_SAY));
	int fds[3];
	for (int i = 0; i < 3; i++) {
		fds[i] = dial(&s);
		send_all(fds[i], b.data, b.len);
		assert_true(metric_becomes(&s, "assay_worker_waiting", i, TEST_WAIT));
		assert_true(metric_becomes(&s, "assay_worker_running", 1, TEST_WAIT));
	}
	struct reply r = ask(&s, b.data, b.len);
	assert_int_equal(r.status, 503);
	check_error(&r, "queue_full", NULL);
	assert_non_null(strcasestr(r.all.data, "\r\nRetry-After: "));
	reply_release(&r);
	for (int i = 0; i < 3; i++) {
		r = reply_read(fds[i], TEST_WAIT);
		assert_int_equal(r.status, 200);
		reply_release(&r);
		(void)close(fds[i]);
	}
	assert_true(metric(&s, "assay_worker_refused_total") == 1);
	service_stop(&s);
}

static void test_deadline(void **state)
{
	(void)state;
	static const char *const args[] = {"chat", "--worker", "sim", "--sim-stall-rate", "1",
					   "--sim-ttft", "1ms", "--sim-tokens", "4",
					   "--sim-token-time", "1ms", "--deadline", "300ms", NULL};
	struct service s = service_start(args);
	uint64_t before = clock_now();
	struct reply r = post_json(&s, CHAT, CHAT_SAY);
	uint64_t took = clock_now() - before;
	assert_int_equal(r.status, 504);
	check_error(&r, "deadline", NULL);
	assert_true(took >= NS_PER_S * 3 / 10 && took < patience(2 * NS_PER_S));
	reply_release(&r);
	/* A stream that has begun ends with an error event and without [DONE]. */
	r = post_json(&s, CHAT, CHAT_STREAM);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.body, "\"error\":{"));
	assert_null(strstr(r.body, "[DONE]"));
	reply_release(&r);
	/* The sim obeyed the cancel: it was not killed. */
	assert_true(metric_becomes(&s, "assay_worker_running", 0, TEST_WAIT));
	assert_true(metric(&s, "assay_worker_kills_total") == 0);
	service_stop(&s);
}

static void test_connections(void **state)
{
	(void)state;
	struct service s = start("max-connections", "4");
	int fds[4];
	for (int i = 0; i < 4; i++)
		fds[i] = dial(&s);
	struct reply r = get(&s, "/v1/models");
	assert_int_equal(r.status, 503);
	check_error(&r, "too_many_connections", NULL);
	reply_release(&r);
	r = get(&s, "/health");	/* liveness is still told */
	assert_int_equal(r.status, 200);
	reply_release(&r);
	for (int i = 0; i < 4; i++)
		(void)close(fds[i]);
	uint64_t until = clock_now() + TEST_WAIT;
	int status = 0;
	while (status != 200 && clock_now() < until) {
		r = get(&s, "/v1/models");
		status = r.status;
		reply_release(&r);
	}
	assert_int_equal(status, 200);
	service_stop(&s);
}

/* Bytes that come one by one; the time at which the server hung up. */
static uint64_t trickle(const struct service *s, const char *first, uint64_t most_ns)
{
	int fd = dial(s);
	uint64_t before = clock_now();
	send_text(fd, first);
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN | POLLRDHUP};
		bool hung_up = poll(&p, 1, 20) > 0;
		uint64_t took = clock_now() - before;
		if (hung_up || took > most_ns) {
			(void)close(fd);
			return took;
		}
		send_text(fd, "a");
	}
}

static void test_header_time(void **state)
{
	(void)state;
	struct service s = start("header-time", "300ms");
	uint64_t took = trickle(&s, "GET /health HTTP/1.1\r\nX-Slow: ", patience(10 * NS_PER_S));
	assert_true(took >= NS_PER_S * 3 / 10 && took < patience(3 * NS_PER_S));
	took = trickle(&s, "GET /", patience(10 * NS_PER_S));
	assert_true(took >= NS_PER_S * 3 / 10 && took < patience(3 * NS_PER_S));
	assert_true(metric(&s, "assay_connections_timed_out_total") == 2);
	service_stop(&s);
}

static void test_idle_time(void **state)
{
	(void)state;
	struct service s = start("idle-time", "300ms");
	int fd = dial(&s);
	send_text(fd, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	struct reply r = reply_read(fd, TEST_WAIT);
	assert_int_equal(r.status, 200);
	reply_release(&r);
	uint64_t before = clock_now();
	struct pollfd p = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&p, 1, 5000 * (int)patience_factor()), 1);	/* hung up */
	uint64_t took = clock_now() - before;
	assert_true(took >= NS_PER_S / 5 && took < patience(3 * NS_PER_S));
	(void)close(fd);
	/* An upload that stands still. */
	fd = dial(&s);
	before = clock_now();
	send_text(fd, "POST " CHAT " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
		      "Content-Length: 100\r\n\r\n{");
	p.fd = fd;
	assert_int_equal(poll(&p, 1, 5000 * (int)patience_factor()), 1);
	took = clock_now() - before;
	assert_true(took >= NS_PER_S / 5 && took < patience(3 * NS_PER_S));
	(void)close(fd);
	service_stop(&s);
}

static void test_upload_time(void **state)
{
	(void)state;
	struct service s = start("upload-time", "400ms");
	uint64_t took = trickle(&s, "POST " CHAT " HTTP/1.1\r\nHost: x\r\nContent-Type: "
				"application/json\r\nContent-Length: 100000\r\n\r\n",
				patience(10 * NS_PER_S));
	assert_true(took >= NS_PER_S * 4 / 10 && took < patience(3 * NS_PER_S));
	service_stop(&s);
}

/* A client that takes nothing is given up, and its worker is free. */
static void test_write_time(void **state)
{
	(void)state;
	static const char *const args[] = {"tts", "--worker", "sim", "--sim-ttft", "1ms",
					   "--sim-token-time", "0", "--write-time", "400ms", NULL};
	struct service s = service_start(args);
	CLEANUP(buf_release) struct buf body = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	(void)buf_str(&body, "{\"text\":\"");
	fill(&body, 'a', 4000);	/* four minutes of sound, 7 MB */
	(void)buf_str(&body, "\"}");
	put_post(&b, "/synthesize", "application/json", body.data, body.len);
	int fd = dial(&s);
	int small = 4096;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	send_all(fd, b.data, b.len);
	uint64_t before = clock_now();
	assert_true(metric_becomes(&s, "assay_connections_timed_out_total", 1, TEST_WAIT));
	assert_true(clock_now() - before >= NS_PER_S * 3 / 10);
	assert_true(metric_becomes(&s, "assay_worker_running", 0, TEST_WAIT));
	(void)close(fd);
	service_stop(&s);
}

static void test_memory(void **state)
{
	(void)state;
	struct service s = start("max-memory", "65536");
	CLEANUP(buf_release) struct buf body = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	(void)buf_str(&body, CHAT_SAY);
	fill(&body, ' ', 100000);
	put_post(&b, CHAT, "application/json", body.data, body.len);
	expect(&s, &b, 503, "memory");
	assert_true(metric_becomes(&s, "assay_held_bytes", 0, TEST_WAIT));
	struct reply r = post_json(&s, CHAT, CHAT_SAY);
	assert_int_equal(r.status, 200);
	reply_release(&r);
	service_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upload),
		cmocka_unit_test(test_huge_upload),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_header_bytes),
		cmocka_unit_test(test_uri),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_header_time),
		cmocka_unit_test(test_idle_time),
		cmocka_unit_test(test_upload_time),
		cmocka_unit_test(test_write_time),
		cmocka_unit_test(test_memory),
	};
	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
