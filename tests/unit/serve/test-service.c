/* tests/unit/serve/test-service.c - services at work: streams, clients that leave, workers that are
 * killed, the end.
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>

#include "base/file.h"
#include "serve_test.h"

static const char *const slow_args[] = {"chat", "--worker", "sim", "--sim-ttft", "20ms",
					"--sim-token-time", "20ms", "--sim-tokens", "1000",
					"--sim-parallel", "8", "--drain-time", "300ms", NULL};

static int ask_stream(const struct service *s, const char *path, const char *body)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	int fd = dial(s);
	put_post(&b, path, "application/json", body, strlen(body));
	send_all(fd, b.data, b.len);
	return fd;
}

/* Read until this text has come. */
static void read_until(int fd, const char *text, struct buf *b)
{
	uint64_t until = clock_now() + TEST_WAIT;
	while (!b->data || !strstr(b->data, text)) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		assert_true(clock_now() < until);
		if (poll(&p, 1, 50) <= 0)
			continue;
		char *to = buf_reserve(b, 65536);
		ssize_t n = recv(fd, to, 65536, 0);
		if (n <= 0)
			fail_msg("the stream ended before '%s': %s", text, b->data ? b->data : "");
		buf_grew(b, (size_t)n);
	}
}

/* Each event of a stream is one line "data: {…}"; returns how many, the last must be [DONE]. */
static size_t check_events(const char *body, uint64_t *ret_last_sent)
{
	size_t n = 0;
	bool done = false;
	*ret_last_sent = 0;
	for (const char *at = body; (at = strstr(at, "data: ")); n++) {
		at += 6;
		size_t len = strcspn(at, "\n");
		assert_false(done);
		done = strncmp(at, "[DONE]", 6) == 0;
		if (done)
			continue;
		assert_int_equal(str_utf8_valid(at, len), len);
		struct err e = {0};
		json_t *j = json_read(at, len, 16, &e);
		assert_non_null(j);
		int64_t sent = 0;
		assert_true(json_whole(j, "assay_sent_ns", &sent));
		assert_true((uint64_t)sent >= *ret_last_sent);
		*ret_last_sent = (uint64_t)sent;
		json_decref(j);
	}
	assert_true(done);
	return n;
}

static void test_stream(void **state)
{
	(void)state;
	static const char *const args[] = {"chat", "--worker", "sim", "--sim-ttft", "30ms",
					   "--sim-token-time", "5ms", "--sim-tokens", "20", NULL};
	struct service s = service_start(args);
	uint64_t before = clock_now();
	struct reply r = post_json(&s, CHAT,
		"{\"stream\":true,\"stream_options\":{\"include_usage\""
				   ":true},\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
	uint64_t after = clock_now();
	uint64_t last;
	assert_int_equal(r.status, 200);
	assert_non_null(strcasestr(r.all.data, "\r\nContent-Type: text/event-stream"));
	/* 20 tokens, the finish, the usage, [DONE]. */
	assert_int_equal(check_events(r.body, &last), 23);
	assert_true(last > before && last < after);
	assert_true(after - before >= NS_PER_MS * (30 + 19 * 5));
	assert_non_null(strstr(r.body, "\"finish_reason\":\"stop\""));
	assert_non_null(strstr(r.body, "\"completion_tokens\":20"));
	reply_release(&r);
	r = post_json(&s, CHAT,
		"{\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"hi\""
		      "}]}");
	assert_non_null(strstr(r.body, "\"content\":\"zero one two\""));
	assert_non_null(strstr(r.body, "\"finish_reason\":\"length\""));
	reply_release(&r);
	service_stop(&s);
}

/* Many on one connection, one after the other, also sent at once. */
static void test_kept_connection(void **state)
{
	(void)state;
	static const char *const args[] = {"chat", "--worker", "sim", "--sim-ttft", "0",
					   "--sim-token-time", "0", "--sim-tokens", "2", NULL};
	struct service s = service_start(args);
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	put_post(&b, CHAT, "application/json", CHAT_SAY, strlen(CHAT_SAY));
	int fd = dial(&s);
	for (int i = 0; i < 20; i++) {
		send_all(fd, b.data, b.len);
		struct reply r = reply_read(fd, TEST_WAIT);
		assert_int_equal(r.status, 200);
		reply_release(&r);
	}
	/* An error of ours does not cost the connection. */
	send_text(fd, "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
	struct reply r = reply_read(fd, TEST_WAIT);
	assert_int_equal(r.status, 404);
	reply_release(&r);
	send_all(fd, b.data, b.len);
	r = reply_read(fd, TEST_WAIT);
	assert_int_equal(r.status, 200);
	reply_release(&r);
	(void)close(fd);
	service_stop(&s);
}

/* Open descriptors when everything that shall run does. */
static double files_at_rest(const struct service *s)
{
	assert_true(metric_becomes(s, "assay_decoder_ready", metric(s, "assay_decoder_wanted"),
				   TEST_WAIT));
	assert_true(metric_becomes(s, "assay_connections", 1, TEST_WAIT));
	return metric(s, "process_open_fds");
}

static bool files_are_back(const struct service *s, double files)
{
	uint64_t until = clock_now() + TEST_WAIT;
	while (metric(s, "process_open_fds") > files)
		if (clock_now() > until)
			return false;
	return true;
}

/* Leaving at every stage of a request: nothing stays in the workers, no descriptor is lost. */
static void test_leaving(void **state)
{
	(void)state;
	struct service s = service_start(slow_args);
	double files = files_at_rest(&s);
	CLEANUP(buf_release) struct buf whole = BUF_INIT(BUF_UNLIMITED);
	put_post(&whole, CHAT, "application/json", CHAT_SAY, strlen(CHAT_SAY));
	for (size_t cut = 0; cut <= whole.len; cut += 7) {
		int fd = dial(&s);
		send_all(fd, whole.data, cut);
		(void)close(fd);
	}
	for (int i = 0; i < 4; i++) {	/* while it waits for the whole answer, and mid-stream */
		int fd = ask_stream(&s, CHAT, i % 2 ? CHAT_STREAM : CHAT_SAY);
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		if (i % 2)
			read_until(fd, "two", &b);
		else
			assert_true(metric_becomes(&s, "assay_worker_running", 1, TEST_WAIT));
		uint64_t before = clock_now();
		if (i >= 2) {	/* with a reset */
			struct linger hard = {.l_onoff = 1};
			(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		}
		(void)close(fd);
		assert_true(metric_becomes(&s, "assay_worker_running", 0, TEST_WAIT));
		assert_true(clock_now() - before < patience(NS_PER_S));
	}
	assert_true(metric_becomes(&s, "assay_requests_in_flight", 1, TEST_WAIT));
	assert_true(files_are_back(&s, files));
	assert_true(metric(&s, "assay_worker_kills_total") == 0);
	service_stop(&s);
}

/* Children of the service: its workers. */
static pid_t child_named(const struct service *s, const char *word)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	pid_t found = 0;
	while ((d = readdir(dir)) && !found) {
		char path[300];
		int ppid = 0;
		CLEANUP(buf_release) struct buf b = BUF_INIT(65536);
		struct err e;
		pid_t pid = (pid_t)strtol(d->d_name, NULL, 10);
		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		if (pid <= 0 || file_read(path, &b, &e) < 0)
			continue;
		const char *paren = strrchr(b.data, ')');
		if (!paren || sscanf(paren + 1, " %*c %d", &ppid) != 1 || ppid != s->pid)
			continue;
		buf_clear(&b);
		(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
		if (file_read(path, &b, &e) == 0 && b.len > 0 && memmem(b.data, b.len, word,
			strlen(word)))
			found = pid;
	}
	(void)closedir(dir);
	return found;
}

static int health(const struct service *s)
{
	struct reply r = get(s, "/health");
	int status = r.status;
	reply_release(&r);
	return status;
}

static void test_killed_worker(void **state)
{
	(void)state;
	struct service s = service_start(slow_args);
	int whole = ask_stream(&s, CHAT, CHAT_SAY);
	int stream = ask_stream(&s, CHAT, CHAT_STREAM);
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	read_until(stream, "two", &b);
	assert_true(metric_becomes(&s, "assay_worker_running", 2, TEST_WAIT));
	pid_t pid = child_named(&s, "--sim-worker");
	assert_true(pid > 0);
	assert_int_equal(health(&s), 200);
	assert_int_equal(kill(pid, SIGKILL), 0);
	/* No answer yet: a 503 with the reason. Mid-stream: an error event, and no [DONE]. */
	struct reply r = reply_read(whole, TEST_WAIT);
	assert_int_equal(r.status, 503);
	check_error(&r, "worker_died", NULL);
	reply_release(&r);
	read_until(stream, "\"worker_died\"", &b);
	assert_null(strstr(b.data, "[DONE]"));
	(void)close(whole);
	(void)close(stream);
	/* Started again, as another process; it serves. */
	assert_true(metric_becomes(&s, "assay_worker_restarts_total", 1, TEST_WAIT));
	assert_true(metric_becomes(&s, "assay_worker_ready", 1, TEST_WAIT));
	assert_int_equal(health(&s), 200);
	r = post_json(&s, CHAT,
		"{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]"
		      "}");
	assert_int_equal(r.status, 200);
	reply_release(&r);
	service_stop(&s);
}

/* While no worker is ready the health says so. */
static void test_health_is_honest(void **state)
{
	(void)state;
	struct service s = service_start(slow_args);
	pid_t pid = child_named(&s, "--sim-worker");
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	uint64_t until = clock_now() + TEST_WAIT;
	int status = 200;
	while (status == 200 && clock_now() < until)
		status = health(&s);
	assert_int_equal(status, 503);
	while (status != 200 && clock_now() < until)
		status = health(&s);
	assert_int_equal(status, 200);
	service_stop(&s);
}

/* SIGTERM: streams that do not end in time end with an error event, and all children are gone. */
static void test_end(void **state)
{
	(void)state;
	struct service s = service_start(slow_args);
	int stream = ask_stream(&s, CHAT, CHAT_STREAM);
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	read_until(stream, "two", &b);
	pid_t pid = child_named(&s, "--sim-worker");
	assert_true(pid > 0);
	uint64_t before = clock_now();
	assert_int_equal(kill(s.pid, SIGTERM), 0);
	read_until(stream, "\"stopping\"", &b);
	assert_null(strstr(b.data, "[DONE]"));
	service_ends(&s);
	assert_true(clock_now() - before < patience(5 * NS_PER_S));
	assert_int_equal(kill(pid, 0), -1);
	(void)close(stream);
}

/* One that ends in time is whole. */
static void test_drain(void **state)
{
	(void)state;
	struct patience_text ttft = patience_ms(300), drain = patience_ms(10000);
	const char *const args[] = {"chat", "--worker", "sim", "--sim-ttft", ttft.text,
				    "--sim-tokens", "2", "--drain-time", drain.text, NULL};
	struct service s = service_start(args);
	int fd = ask_stream(&s, CHAT, CHAT_SAY);
	assert_true(metric_becomes(&s, "assay_worker_running", 1, TEST_WAIT));
	assert_int_equal(kill(s.pid, SIGTERM), 0);
	struct reply r = reply_read(fd, TEST_WAIT);
	assert_int_equal(r.status, 200);
	reply_release(&r);
	(void)close(fd);
	service_ends(&s);
}

/* What the sim does wrong on purpose arrives as what it is. */
static void test_sim_faults(void **state)
{
	(void)state;
	static const struct {
		const char *option;
		int status;
		const char *in_body;	/* NULL: the stream just breaks */
	} cases[] = {
		{"--sim-error-rate", 500, "\"worker_error\""},
		{"--sim-event-error-rate", 200, "\"worker_error\""},
		{"--sim-drop-rate", 200, NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *args[] = {"chat", "--worker", "sim", "--sim-ttft", "1ms",
				      "--sim-token-time", "1ms", "--sim-tokens", "10",
				      cases[i].option, "1", NULL};
		struct service s = service_start(args);
		struct reply r = post_json(&s, CHAT, CHAT_STREAM);
		assert_int_equal(r.status, cases[i].status);
		if (cases[i].in_body)
			assert_non_null(strstr(r.body, cases[i].in_body));
		else
			assert_null(strstr(r.body, "error"));
		assert_null(strstr(r.body, "[DONE]"));
		if (r.status == 200)
			assert_non_null(strstr(r.body, "zero"));
		reply_release(&r);
		service_stop(&s);
	}
}

static void read_to_last_chunk(int fd, struct buf *b)
{
	uint64_t until = clock_now() + TEST_WAIT;
	while (b->len < 7 || memcmp(b->data + b->len - 7, "\r\n0\r\n\r\n", 7) != 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		assert_true(clock_now() < until);
		if (poll(&p, 1, 50) <= 0)
			continue;
		char *to = buf_reserve(b, 65536);
		ssize_t n = recv(fd, to, 65536, 0);
		assert_true(n > 0);
		buf_grew(b, (size_t)n);
	}
}

/* The first bytes of a streamed WAV come before its end, with sizes that say "unknown". */
static void test_speech_streams(void **state)
{
	(void)state;
	struct patience_text piece = patience_ms(50);
	const char *const args[] = {"tts", "--worker", "sim", "--sim-ttft", "10ms",
				    "--sim-token-time", piece.text, NULL};
	struct service s = service_start(args);
	static const char body[] = "{\"text\":\"twenty characters or so\",\"stream\":true}";
	int fd = ask_stream(&s, "/synthesize", body);
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	uint64_t before = clock_now();
	read_until(fd, "RIFF", &b);
	uint64_t first = clock_now() - before;
	read_to_last_chunk(fd, &b);
	uint64_t all = clock_now() - before;
	/* 14 pieces, 50 ms apart. */
	assert_true(first < all / 2 && all > 600 * NS_PER_MS && all < patience(5 * NS_PER_S));
	const char *riff = memmem(b.data, b.len, "RIFF", 4);
	assert_memory_equal(riff + 4, "\xff\xff\xff\xff", 4);
	assert_memory_equal(riff + 40, "\xff\xff\xff\xff", 4);
	/* One header only. */
	size_t behind = b.len - (size_t)(riff + 4 - b.data);
	assert_null(memmem(riff + 4, behind, "RIFF", 4));
	(void)close(fd);
	struct reply r = post_json(&s, "/synthesize", "{\"text\":\"twenty characters or so\"}");
	assert_int_equal(r.status, 200);
	/* 0.06 s a character at 16 kHz, 16 bit. */
	assert_int_equal(r.body_len, 44 + 2 * (size_t)(23 * 0.06 * 16000));
	uint32_t size;
	memcpy(&size, r.body + 40, 4);
	assert_int_equal(size, r.body_len - 44);
	reply_release(&r);
	service_stop(&s);
}

#define PICTURE_ASK \
	"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"," \
	"\"image_url\":{\"url\":\"data:image/png;base64,iVBORw0KGgo=\"}}]}]}"
#define SOUND_ASK \
	"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"," \
	"\"input_audio\":{\"data\":\"UklGRg==\",\"format\":\"wav\"}}]}]}"

/* A thousand requests of every sort, good and bad, whole and cut: nothing stays behind. Built with
 * the sanitizers, a leak makes the service's exit status and so this test fail. */
static void test_mixed(void **state)
{
	(void)state;
	static const char *const args[] = {"chat", "--worker", "sim", "--sim-ttft", "0",
					   "--sim-token-time", "1ms", "--sim-tokens", "3",
					   "--sim-error-rate", "0.1", "--sim-event-error-rate",
						"0.1",
					   "--sim-drop-rate", "0.1", NULL};
	static const char *const bodies[] = {
		CHAT_SAY, CHAT_STREAM, "{", "[]", "{\"messages\":[]}",
		PICTURE_ASK, SOUND_ASK,
	};
	struct service s = service_start(args);
	size_t answers[6] = {0};
	double files = files_at_rest(&s);
	for (size_t i = 0; i < 1000; i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		const char *body = bodies[i % ARRAY_LEN(bodies)];
		put_post(&b, CHAT, "application/json", body, strlen(body));
		if (i % 10 == 9) {	/* leaves in the middle of what it sends or just behind */
			int fd = dial(&s);
			send_all(fd, b.data, b.len - i % 3 * 20);
			(void)close(fd);
			continue;
		}
		struct reply r = ask(&s, b.data, b.len);
		if (r.status < 200 || r.status > 599)
			fail_msg("request %zu: %d", i, r.status);
		answers[r.status / 100]++;
		reply_release(&r);
	}
	assert_true(answers[2] > 100 && answers[4] > 400 && answers[5] > 10);
	assert_true(metric_becomes(&s, "assay_requests_in_flight", 1, TEST_WAIT));
	assert_true(metric_becomes(&s, "assay_worker_running", 0, TEST_WAIT));
	assert_true(files_are_back(&s, files));
	assert_true(metric(&s, "assay_held_bytes") == 0);
	assert_true(metric(&s, "assay_decoder_restarts_total") == 0);
	service_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_kept_connection),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_killed_worker),
		cmocka_unit_test(test_health_is_honest),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_sim_faults),
		cmocka_unit_test(test_speech_streams),
		cmocka_unit_test(test_mixed),
	};
	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
