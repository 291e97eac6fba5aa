/* tests/unit/worker/test-frame.c - frames: whole, in pieces, too large, broken.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/thread.h"
#include "base/util.h"
#include "worker/frame.h"

struct pipe_ends {
	int a, b;
	struct frame_reader *r;
};

static void open_ends(struct pipe_ends *p, size_t payload_max)
{
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	p->a = fds[0];
	p->b = fds[1];
	p->r = frame_reader_new(payload_max);
	assert_non_null(p->r);
}

static void close_ends(struct pipe_ends *p)
{
	if (p->a >= 0)
		(void)close(p->a);
	(void)close(p->b);
	assert_null(frame_reader_free(p->r));
}

static json_t *header(const char *type, int64_t id)
{
	return json_pack("{s:s, s:I}", "type", type, "id", (json_int_t)id);
}

static void put(struct buf *out, const char *type, int64_t id, const void *data, size_t len)
{
	CLEANUP(json_unref) json_t *h = header(type, id);
	struct err e;
	assert_int_equal(frame_put(out, h, data, len, &e), 0);
}

/* The same three frames whatever the place where the stream is cut in two. */
static void test_cut_everywhere(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf all = BUF_INIT(BUF_UNLIMITED);
	put(&all, "audio", 7, "abc\0def", 7);
	put(&all, "end", 7, NULL, 0);
	put(&all, "cancel", 8, "x", 1);
	for (size_t cut = 0; cut <= all.len; cut++) {
		struct pipe_ends p;
		open_ends(&p, 100);
		struct frame f;
		struct err e;
		size_t got = 0;
		assert_int_equal(write(p.a, all.data, cut), cut);
		int rc;
		static const char *const types[] = {"audio", "end", "cancel"};
		while ((rc = frame_read(p.r, p.b, &f, &e)) == 1)
			assert_string_equal(f.type, types[got++]);
		assert_int_equal(rc, 0);
		assert_int_equal(write(p.a, all.data + cut, all.len - cut), all.len - cut);
		while ((rc = frame_read(p.r, p.b, &f, &e)) == 1) {
			assert_string_equal(f.type, types[got++]);
			if (got == 1)
				assert_memory_equal(f.payload, "abc\0def", 7);
			assert_int_equal(f.payload_len, got == 1 ? 7 : got == 2 ? 0 : 1);
			assert_int_equal(f.id, got == 3 ? 8 : 7);
		}
		assert_int_equal(rc, 0);
		assert_int_equal(got, 3);
		close_ends(&p);
	}
}

/* A stream that ends within a frame is not a clean end. */
static void test_end_everywhere(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf all = BUF_INIT(BUF_UNLIMITED);
	put(&all, "audio", 7, "abc", 3);
	for (size_t cut = 0; cut <= all.len; cut++) {
		struct pipe_ends p;
		open_ends(&p, 100);
		assert_int_equal(write(p.a, all.data, cut), cut);
		(void)close(p.a);
		p.a = -1;
		struct frame f;
		struct err e;
		if (cut == all.len)
			assert_int_equal(frame_read(p.r, p.b, &f, &e), 1);
		assert_int_equal(frame_read(p.r, p.b, &f, &e), -1);
		assert_int_equal(e.code, ERR_DATA);
		bool clean = cut == 0 || cut == all.len;
		assert_string_equal(e.text, clean ? "closed" : "closed within a frame");
		close_ends(&p);
	}
}

static void expect_broken(const void *data, size_t len, const char *words)
{
	struct pipe_ends p;
	open_ends(&p, 1000);
	assert_int_equal(write(p.a, data, len), len);
	struct frame f;
	struct err e = {0};
	assert_int_equal(frame_read(p.r, p.b, &f, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	if (!strstr(e.text, words))
		fail_msg("'%s' does not say '%s'", e.text, words);
	/* There is no way back into a broken stream. */
	assert_int_equal(frame_read(p.r, p.b, &f, &e), -1);
	assert_int_equal(frame_next(p.r, &f, &e), -1);
	close_ends(&p);
}

static void test_broken(void **state)
{
	(void)state;
	expect_broken("\0\0\0\0", 4, "header of 0 bytes");
	expect_broken("\0\1\0\1", 4, "header of 65537 bytes");
	expect_broken("\377\377\377\377", 4, "header of 4294967295 bytes");
	static const char *const headers[][2] = {
		{"{]", "invalid JSON"},
		{"\"type\"", "not a JSON object"},
		{"{}", "no \"type\""},
		{"{\"type\":1}", "no \"type\""},
		{"{\"type\":\"\"}", "no \"type\""},
		{"{\"type\":\"a\\u0000b\"}", "no \"type\""},
		{"{\"type\":\"a\",\"id\":\"x\"}", "\"id\""},
		{"{\"type\":\"a\",\"id\":-1}", "\"id\""},
		{"{\"type\":\"a\",\"payload\":-1}", "\"payload\""},
		{"{\"type\":\"a\",\"payload\":1.5}", "\"payload\""},
		{"{\"type\":\"a\",\"payload\":1001}", "the limit is 1000"},
		{"{\"type\":\"a\",\"payload\":9223372036854775807}", "the limit is 1000"},
		{"{\"type\":\"a\",\"type\":\"b\"}", "invalid JSON"},
		{"{\"type\":\"\xff\"}", "invalid JSON"},
	};
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		char data[256];
		size_t n = strlen(headers[i][0]);
		memcpy(data, "\0\0\0", 3);
		data[3] = (char)n;
		memcpy(data + 4, headers[i][0], n);
		expect_broken(data, n + 4, headers[i][1]);
	}
	char deep[4 + 200];
	memcpy(deep, "\0\0\0\310", 4);
	memset(deep + 4, '[', 200);
	expect_broken(deep, sizeof(deep), "nested");
}

static void test_header_too_large(void **state)
{
	(void)state;
	CLEANUP(free_ptr) char *text = malloc(FRAME_HEADER_MAX + 1);
	assert_non_null(text);
	memset(text, 'x', FRAME_HEADER_MAX);
	text[FRAME_HEADER_MAX] = '\0';
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(json_unref) json_t *h = header("speak", 1);
	json_put_text(h, "text", text);
	struct err e;
	assert_int_equal(frame_put(&out, h, NULL, 0, &e), -1);
	assert_int_equal(out.len, 0);
	text[FRAME_HEADER_MAX - 100] = '\0';
	json_put_text(h, "text", text);
	assert_int_equal(frame_put(&out, h, NULL, 0, &e), 0);
}

/* The payload of the frame in hand stays while more is read; a cancel behind it is seen. */
static void test_fill_keeps_frame(void **state)
{
	(void)state;
	struct pipe_ends p;
	open_ends(&p, 100000);
	CLEANUP(buf_release) struct buf all = BUF_INIT(BUF_UNLIMITED);
	char data[1000];
	memset(data, 'p', sizeof(data));
	put(&all, "speak", 1, data, sizeof(data));
	put(&all, "audio", 1, data, sizeof(data));
	assert_int_equal(write(p.a, all.data, all.len), all.len);
	struct frame f;
	struct err e;
	assert_int_equal(frame_read(p.r, p.b, &f, &e), 1);
	assert_false(frame_waits(p.r, "cancel", 1));
	assert_true(frame_waits(p.r, "audio", 1));
	for (int64_t id = 2; id < 40; id++) {
		buf_clear(&all);
		put(&all, "audio", id, data, sizeof(data));
		put(&all, "cancel", id, NULL, 0);
		assert_int_equal(write(p.a, all.data, all.len), all.len);
		assert_false(frame_waits(p.r, "cancel", id));
		assert_int_equal(frame_fill(p.r, p.b, &e), 0);
		assert_true(frame_waits(p.r, "cancel", id));
		assert_memory_equal(f.payload, data, sizeof(data));
		assert_string_equal(json_text(f.header, "type", ""), "speak");
	}
	(void)close(p.a);
	p.a = -1;
	assert_int_equal(frame_fill(p.r, p.b, &e), -1);
	size_t n = 0;
	while (frame_next(p.r, &f, &e) == 1)
		n++;
	assert_int_equal(n, 1 + 2 * 38);
	close_ends(&p);
}

static void *drain(void *arg)
{
	struct pipe_ends *p = arg;
	struct frame f;
	struct err e;
	uint64_t sum = 0;
	while (frame_read(p->r, p->b, &f, &e) == 1)
		for (size_t i = 0; i < f.payload_len; i++)
			sum += (unsigned char)f.payload[i];
	return (void *)(uintptr_t)sum;
}

/* Sending waits for room; what arrives is what was sent. */
static void test_send_large(void **state)
{
	(void)state;
	struct pipe_ends p;
	open_ends(&p, (size_t)32 << 20);
	(void)fcntl(p.b, F_SETFL, 0);
	pthread_t t;
	struct err e;
	assert_int_equal(thread_start(&t, "drain", drain, &p, &e), 0);
	size_t len = (size_t)8 << 20;
	CLEANUP(free_ptr) unsigned char *data = malloc(len);
	assert_non_null(data);
	uint64_t sum = 0;
	for (size_t i = 0; i < len; i++)
		sum += data[i] = (unsigned char)(i * 2654435761u >> 13);
	uint64_t until = clock_now() + 20 * NS_PER_S;
	assert_int_equal(frame_send(p.a, header("image", 1), data, len, until, &e), 0);
	assert_int_equal(frame_send(p.a, header("image", 2), data, 77, until, &e), 0);
	for (size_t i = 0; i < 77; i++)
		sum += data[i];
	(void)close(p.a);
	p.a = -1;
	void *got;
	(void)pthread_join(t, &got);
	assert_true((uint64_t)(uintptr_t)got == sum);
	close_ends(&p);
}

static void test_send_fails(void **state)
{
	(void)state;
	struct pipe_ends p;
	open_ends(&p, 100);
	size_t len = (size_t)4 << 20;
	CLEANUP(free_ptr) char *data = calloc(1, len);
	struct err e;
	uint64_t until = clock_now() + 20 * NS_PER_MS;
	assert_int_equal(frame_send(p.a, header("x", 1), data, len, until, &e), -1);
	assert_non_null(strstr(e.text, "in time"));
	(void)close(p.b);
	assert_int_equal(frame_send(p.a, header("x", 1), data, len, UINT64_MAX, &e), -1);
	assert_int_equal(e.sys_errno, EPIPE);
	p.b = p.a;
	p.a = -1;
	close_ends(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_end_everywhere),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_header_too_large),
		cmocka_unit_test(test_fill_keeps_frame),
		cmocka_unit_test(test_send_large),
		cmocka_unit_test(test_send_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
