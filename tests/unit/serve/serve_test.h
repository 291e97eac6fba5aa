/* tests/unit/serve/serve_test.h - a real `assay serve`, and a client that can misbehave.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_TEST_H
#define SERVE_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/process.h"
#include "base/str.h"
#include "base/util.h"
#include "patience.h"

#define TEST_WAIT patience(20 * NS_PER_S)

struct service {
	pid_t pid;
	int out;
	int port;
};

static inline const char *assay_program(void)
{
	const char *path = getenv("ASSAY");
	assert_non_null(path);
	return path;
}

/* Start "assay serve <args…> --port 0" and wait for its line. args end with NULL. */
static inline struct service service_start(const char *const *args)
{
	const char *argv[48] = {assay_program(), "serve", "--port", "0"};
	size_t n = 4;
	for (size_t i = 0; args[i]; i++) {
		assert_true(n < ARRAY_LEN(argv) - 1);
		argv[n++] = args[i];
	}
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	struct process_spec spec = {.argv = argv, .out = ends[1], .err = STDERR_FILENO};
	struct service s = {.out = ends[0]};
	struct err e = {0};
	if (process_start(&spec, &s.pid, &e) < 0)
		fail_msg("%s", e.text);
	(void)close(ends[1]);
	char line[200];
	size_t len = 0;
	uint64_t until = clock_now() + TEST_WAIT;
	while (len + 1 < sizeof(line) && (len == 0 || line[len - 1] != '\n')) {
		struct pollfd p = {.fd = s.out, .events = POLLIN};
		(void)poll(&p, 1, 100);
		if (clock_now() > until)
			fail_msg("the service did not get ready");
		ssize_t got = p.revents ? read(s.out, line + len, 1) : 0;
		if (p.revents && got <= 0)
			fail_msg("the service ended before it was ready");
		len += (size_t)MAX(got, 0);
	}
	line[len] = '\0';
	const char *colon = strrchr(line, ':');
	assert_non_null(colon);
	s.port = (int)strtol(colon + 1, NULL, 10);
	assert_true(s.port > 0);
	return s;
}

/* It was told to end: it must, by itself, with status 0. */
static inline void service_ends(struct service *s)
{
	int status = -1;
	int rc = process_wait(s->pid, clock_now() + TEST_WAIT, &status);
	if (rc != 1)
		(void)process_end(s->pid, 0);
	(void)close(s->out);
	assert_int_equal(rc, 1);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static inline void service_stop(struct service *s)
{
	(void)kill(s->pid, SIGTERM);
	service_ends(s);
}

static inline int dial(const struct service *s)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port)};
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* All of it, unless the peer closes before. */
static inline void send_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

static inline void send_text(int fd, const char *text)
{
	send_all(fd, text, strlen(text));
}

struct reply {
	int status;		/* 0: no answer; -1: reset */
	struct buf all;		/* header and body as they came */
	const char *body;
	size_t body_len;
};

/* Where the header ends and what it says of the body's length: SIZE_MAX unknown. */
static inline bool reply_complete(struct reply *r)
{
	char *end = r->all.data ? strstr(r->all.data, "\r\n\r\n") : NULL;
	if (!end)
		return false;
	r->status = (int)strtol(r->all.data + 9, NULL, 10);
	r->body = end + 4;
	r->body_len = r->all.len - (size_t)(r->body - r->all.data);
	const char *len = strcasestr(r->all.data, "\r\nContent-Length: ");
	if (len && len < end)
		return r->body_len >= strtoull(len + 18, NULL, 10);
	const char *chunked = strcasestr(r->all.data, "\r\nTransfer-Encoding: chunked");
	if (chunked && chunked < end)
		return r->body_len >= 5 && memcmp(r->body + r->body_len - 5, "0\r\n\r\n", 5) == 0;
	return false;
}

/* Read until the answer is complete, the peer closes, or the time is over. */
static inline struct reply reply_read(int fd, uint64_t wait_ns)
{
	struct reply r = {.all = BUF_INIT(BUF_UNLIMITED)};
	uint64_t until = clock_now() + wait_ns;
	while (!reply_complete(&r) && clock_now() < until) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, 50) <= 0)
			continue;
		char *to = buf_reserve(&r.all, 65536);
		ssize_t n = recv(fd, to, 65536, 0);
		if (n < 0 && errno == ECONNRESET && r.status == 0)
			r.status = -1;
		if (n <= 0)
			break;
		buf_grew(&r.all, (size_t)n);
	}
	(void)reply_complete(&r);
	return r;
}

static inline void reply_release(struct reply *r)
{
	buf_release(&r->all);
}

/* One request on a connection of its own. */
static inline struct reply ask(const struct service *s, const void *data, size_t len)
{
	int fd = dial(s);
	send_all(fd, data, len);
	struct reply r = reply_read(fd, TEST_WAIT);
	(void)close(fd);
	return r;
}

static inline struct reply ask_text(const struct service *s, const char *text)
{
	return ask(s, text, strlen(text));
}

static inline void put_post(struct buf *b, const char *path, const char *type, const void *body,
			    size_t len)
{
	(void)buf_fmt(b, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n"
		      "Content-Length: %zu\r\n\r\n", path, type, len);
	assert_int_equal(buf_add(b, body, len), 0);
}

static inline struct reply post_json(const struct service *s, const char *path, const char *body)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	put_post(&b, path, "application/json", body, strlen(body));
	struct reply r = ask(s, b.data, b.len);
	buf_release(&b);
	return r;
}

static inline struct reply get(const struct service *s, const char *path)
{
	char text[256];
	(void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	return ask_text(s, text);
}

/* An error must have the one shape, and never a byte of what was sent. */
static inline void check_error(const struct reply *r, const char *code, const char *secret)
{
	struct err e = {0};
	json_t *j = json_read(r->body ? r->body : "", r->body_len, 8, &e);
	if (!j)
		fail_msg("the error is not JSON (%s): %.*s", e.text, (int)r->body_len, r->body);
	assert_non_null(json_text(j, "error.message", NULL));
	assert_non_null(json_text(j, "error.type", NULL));
	assert_string_equal(json_text(j, "error.code", ""), code);
	if (secret)
		assert_null(strstr(r->all.data, secret));
	json_decref(j);
}

/* A number of /metrics; NaN when it is not there. */
static inline double metric(const struct service *s, const char *name)
{
	struct reply r = get(s, "/metrics");
	assert_int_equal(r.status, 200);
	double value = (double)NAN;
	char want[200];
	(void)snprintf(want, sizeof(want), "\n%s ", name);
	const char *at = strstr(r.body, want);
	if (at)
		value = strtod(at + strlen(want), NULL);
	reply_release(&r);
	return value;
}

/* Wait until a number of /metrics has this value. */
static inline bool metric_becomes(const struct service *s, const char *name, double value,
				  uint64_t wait_ns)
{
	uint64_t until = clock_now() + wait_ns;
	while (metric(s, name) != value) {
		if (clock_now() > until)
			return false;
		(void)poll(NULL, 0, 10);
	}
	return true;
}

#define CHAT_SAY "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define CHAT_STREAM "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define CHAT "/v1/chat/completions"

#endif
