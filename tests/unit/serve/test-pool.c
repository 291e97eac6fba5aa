/* tests/unit/serve/test-pool.c - workers that die, lie, disobey and flood. The test program is the
 * worker too: its second argument says what it does wrong.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/pool.h"

#include "serve_test.h"
#include "worker/frame.h"

/* ---- the worker ---- */

static void say(const char *text, const void *payload, size_t len)
{
	struct err e;
	json_t *j = json_loads(text, 0, NULL);
	if (!j || frame_send(WORKER_FD, j, payload, len, UINT64_MAX, &e) < 0)
		_exit(0);
}

static void say_id(const char *type, int64_t id, const void *payload, size_t len)
{
	char text[200];
	(void)snprintf(text, sizeof(text), "{\"type\":\"%s\",\"id\":%lld,\"text\":\"x\"}", type,
		       (long long)id);
	say(text, payload, len);
}

static void flood(int64_t id)
{
	static char block[4096];
	for (int i = 0; i < 1000; i++)
		say_id("audio", id, block, sizeof(block));
	say_id("done", id, NULL, 0);
}

static void answer(const char *mode, const struct frame *f)
{
	if (strcmp(f->type, "cancel") == 0) {
		if (strcmp(mode, "stubborn") != 0)
			say_id("error", f->id, NULL, 0);
		return;
	}
	if (strcmp(mode, "die") == 0)
		_exit(7);
	if (strcmp(mode, "segfault") == 0)
		(void)raise(SIGSEGV);
	if (strcmp(mode, "garbage") == 0)
		(void)!write(WORKER_FD, "\377\377\377\377garbage", 11);
	else if (strcmp(mode, "huge") == 0)
		say("{\"type\":\"audio\",\"id\":1,\"payload\":1}", "", 0);
	else if (strcmp(mode, "flood") == 0 || strcmp(mode, "flood-parallel") == 0)
		flood(f->id);
	else if (strcmp(mode, "error") == 0)
		say_id("error", f->id, NULL, 0);
	else if (strcmp(mode, "stubborn") != 0 && strcmp(mode, "hang") != 0)
		say_id("token", f->id, "abc", 3);
	if (strcmp(mode, "good") == 0 || strcmp(mode, "env") == 0)
		say_id("done", f->id, NULL, 0);
}

static int be_worker(const char *mode)
{
	bool many = strcmp(mode, "flood-parallel") == 0;
	if (strcmp(mode, "dead") == 0)
		return 3;
	if (strcmp(mode, "mute") == 0)
		(void)poll(NULL, 0, -1);
	if (strcmp(mode, "other") == 0)
		say("{\"type\":\"ready\",\"protocol\":1,\"name\":\"t\",\"task\":\"tts\"}", NULL, 0);
	else if (strcmp(mode, "newer") == 0)
		say("{\"type\":\"ready\",\"protocol\":2,\"name\":\"t\",\"task\":\"chat\"}", NULL,
			0);
	else if (many)
		say("{\"type\":\"ready\",\"protocol\":1,\"name\":\"t\",\"task\":\"chat\","
		    "\"parallel\":4}", NULL, 0);
	else
		say("{\"type\":\"ready\",\"protocol\":1,\"name\":\"t\",\"task\":\"chat\"}", NULL,
			0);
	struct frame_reader *r = frame_reader_new((size_t)1 << 20);
	struct frame f;
	struct err e;
	while (frame_read(r, WORKER_FD, &f, &e) > 0)
		answer(mode, &f);
	frame_reader_free(r);
	return 0;
}

/* ---- the tests ---- */

static struct limits limits;

static struct pool *start(const char *mode, size_t workers, uint64_t ready_ns)
{
	static const char *args[4];
	args[0] = "worker";
	args[1] = mode;
	args[2] = NULL;
	const struct pool_spec spec = {
		.program = "/proc/self/exe", .args = args, .task = "chat", .workers = workers,
		.limits = &limits, .ready_timeout_ns = ready_ns,
	};
	struct pool *p = NULL;
	struct err e = {0};
	if (pool_new(&spec, &p, &e) < 0)
		fail_msg("%s", e.text);
	return p;
}

static struct pool *start_ready(const char *mode, size_t workers)
{
	struct pool *p = start(mode, workers, 0);
	struct err e = {0};
	if (pool_wait_ready(p, clock_now() + TEST_WAIT, &e) < 0)
		fail_msg("%s", e.text);
	return p;
}

static uint64_t soon(void)
{
	return clock_now() + TEST_WAIT;
}

static json_t *question(void)
{
	return json_pack("{s:s}", "type", "chat");
}

/* Open, ask, and read to the end: how it ended. */
static enum call_result ask_one(struct pool *p, size_t *ret_bytes)
{
	struct call *c = NULL;
	const json_t *header;
	const char *payload;
	size_t len;
	size_t bytes = 0;
	enum call_result rc = call_open(p, soon(), -1, &c);
	if (rc != CALL_FRAME)
		return rc;
	rc = call_send(c, question(), NULL, 0);
	while (rc == CALL_FRAME) {
		rc = call_next(c, &header, &payload, &len);
		bytes += len;
	}
	if (ret_bytes)
		*ret_bytes = bytes;
	call_close(c);
	return rc;
}

static bool wait_state(struct pool *p, bool (*is)(const struct pool_state *s))
{
	uint64_t until = soon();
	for (;;) {
		struct pool_state s;
		pool_state(p, &s);
		if (is(&s))
			return true;
		if (clock_now() > until)
			return false;
		(void)poll(NULL, 0, 5);
	}
}

static bool idle(const struct pool_state *s)
{
	return s->busy == 0;
}

static bool restarted(const struct pool_state *s)
{
	return s->restarts > 0 && s->ready == s->workers;
}

static void test_good(void **state)
{
	(void)state;
	struct pool *p = start_ready("good", 2);
	for (int i = 0; i < 200; i++) {
		size_t bytes = 0;
		assert_int_equal(ask_one(p, &bytes), CALL_DONE);
		assert_int_equal(bytes, 3);
	}
	json_t *ready = pool_ready(p);
	assert_string_equal(json_text(ready, "name", ""), "t");
	json_decref(ready);
	pool_free(p);
}

static void test_error(void **state)
{
	(void)state;
	struct pool *p = start_ready("error", 1);
	assert_int_equal(ask_one(p, NULL), CALL_ERROR);
	assert_int_equal(ask_one(p, NULL), CALL_ERROR);
	struct pool_state s;
	pool_state(p, &s);
	assert_int_equal(s.restarts, 0);
	pool_free(p);
}

/* The request of a worker that dies gets CALL_DIED; it is started again. */
static void dies(const char *mode)
{
	struct pool *p = start_ready(mode, 1);
	assert_int_equal(ask_one(p, NULL), CALL_DIED);
	assert_true(wait_state(p, restarted));
	assert_int_equal(ask_one(p, NULL), CALL_DIED);
	pool_free(p);
}

static void test_dies(void **state)
{
	(void)state;
	dies("die");
	dies("segfault");
	dies("garbage");
}

/* A worker killed from outside takes only its own request with it. */
static void test_kill_9(void **state)
{
	(void)state;
	struct pool *p = start_ready("hang", 2);
	bool both = false;
	for (uint64_t until = soon(); !both && clock_now() < until;) {
		int pids[4];
		both = pool_pids(p, pids, 4) == 2;
	}
	assert_true(both);
	struct call *a = NULL;
	struct call *b = NULL;
	assert_int_equal(call_open(p, soon(), -1, &a), CALL_FRAME);
	assert_int_equal(call_send(a, question(), NULL, 0), CALL_FRAME);
	assert_int_equal(call_open(p, soon(), -1, &b), CALL_FRAME);
	assert_int_equal(call_send(b, question(), NULL, 0), CALL_FRAME);
	int pids[2];
	assert_int_equal(pool_pids(p, pids, 2), 2);
	assert_int_equal(kill(pids[0], SIGKILL), 0);
	assert_true(wait_state(p, restarted));
	struct pool_state s;
	pool_state(p, &s);
	assert_int_equal(s.busy, 1);
	assert_int_equal(s.restarts, 1);
	call_close(a);
	call_close(b);
	assert_true(wait_state(p, idle));
	pool_free(p);
}

/* A client that leaves: the worker is free again within the time of a cancel. */
static void test_gone(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	struct pool *p = start_ready("hang", 1);
	struct call *c = NULL;
	const json_t *header;
	const char *payload;
	size_t len;
	assert_int_equal(call_open(p, soon(), ends[0], &c), CALL_FRAME);
	assert_int_equal(call_send(c, question(), NULL, 0), CALL_FRAME);
	(void)close(ends[1]);
	assert_int_equal(call_next(c, &header, &payload, &len), CALL_GONE);
	call_close(c);
	assert_true(wait_state(p, idle));
	struct pool_state s;
	pool_state(p, &s);
	assert_int_equal(s.kills, 0);
	(void)close(ends[0]);
	pool_free(p);
}

/* One that does not obey is ended, and the next request has a new one. */
static void test_stubborn(void **state)
{
	(void)state;
	struct pool *p = start_ready("stubborn", 1);
	struct call *c = NULL;
	const json_t *header;
	const char *payload;
	size_t len;
	assert_int_equal(call_open(p, clock_now() + NS_PER_S / 10, -1, &c), CALL_FRAME);
	assert_int_equal(call_send(c, question(), NULL, 0), CALL_FRAME);
	assert_int_equal(call_next(c, &header, &payload, &len), CALL_LATE);
	call_close(c);
	assert_true(wait_state(p, restarted));
	struct pool_state s;
	pool_state(p, &s);
	assert_int_equal(s.kills, 1);
	assert_int_equal(s.busy, 0);
	pool_free(p);
}

/* Waiting in the queue ends by the deadline and when the client leaves; then nobody is waiting. */
static void test_queue_ends(void **state)
{
	(void)state;
	struct pool *p = start_ready("hang", 1);
	struct call *c = NULL;
	struct call *d = NULL;
	int ends[2];
	assert_int_equal(call_open(p, soon(), -1, &c), CALL_FRAME);
	assert_int_equal(call_open(p, clock_now() + NS_PER_S / 20, -1, &d), CALL_LATE);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	(void)close(ends[1]);
	assert_int_equal(call_open(p, soon(), ends[0], &d), CALL_GONE);
	(void)close(ends[0]);
	limits.queue = 0;
	assert_int_equal(call_open(p, soon(), -1, &d), CALL_FULL);
	limits.queue = 64;
	struct pool_state s;
	pool_state(p, &s);
	assert_int_equal(s.queued, 0);
	assert_int_equal(s.refused, 1);
	call_close(c);	/* nothing was sent: free at once */
	pool_state(p, &s);
	assert_int_equal(s.busy, 0);
	pool_free(p);
}

/* A reader that stops: the worker is held back, nothing is lost, memory stays small. */
static void test_flood(void **state)
{
	(void)state;
	struct pool *p = start_ready("flood", 1);
	size_t bytes = 0;
	assert_int_equal(ask_one(p, &bytes), CALL_DONE);
	assert_int_equal(bytes, 1000 * 4096);
	struct call *c = NULL;
	assert_int_equal(call_open(p, soon(), -1, &c), CALL_FRAME);
	assert_int_equal(call_send(c, question(), NULL, 0), CALL_FRAME);
	const json_t *header;
	const char *payload;
	size_t len;
	assert_int_equal(call_next(c, &header, &payload, &len), CALL_FRAME);
	call_close(c);	/* in the middle of the flood */
	assert_true(wait_state(p, idle));
	assert_int_equal(ask_one(p, &bytes), CALL_DONE);
	pool_free(p);
}

/* Where several share a worker, the slow one loses its request instead of holding up the others. */
static void test_flood_parallel(void **state)
{
	(void)state;
	struct pool *p = start_ready("flood-parallel", 1);
	struct call *c = NULL;
	const json_t *header;
	const char *payload;
	size_t len;
	assert_int_equal(call_open(p, soon(), -1, &c), CALL_FRAME);
	assert_int_equal(call_send(c, question(), NULL, 0), CALL_FRAME);
	assert_true(wait_state(p, idle));	/* the worker has sent everything */
	assert_int_equal(call_next(c, &header, &payload, &len), CALL_SLOW);
	call_close(c);
	pool_free(p);
}

static void test_unusable(void **state)
{
	(void)state;
	static const struct {
		const char *mode, *words;
	} cases[] = {
		{"dead", "exit status 3"},
		{"other", "not for chat"},
		{"newer", "version 1"},
		{"mute", "did not become ready in time"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool mute = strcmp(cases[i].mode, "mute") == 0;	/* the others end by themselves */
		struct pool *p = start(cases[i].mode, 1, mute ? NS_PER_S / 10 : TEST_WAIT / 4);
		struct err e = {0};
		uint64_t before = clock_now();
		assert_int_equal(pool_wait_ready(p, soon(), &e), -1);
		assert_true(clock_now() - before < TEST_WAIT / 2);
		if (!strstr(e.text, cases[i].words))
			fail_msg("%s: %s", cases[i].mode, e.text);
		struct call *c = NULL;
		assert_int_equal(call_open(p, soon(), -1, &c), CALL_NONE);
		pool_free(p);
	}
	static const char *const args[] = {NULL};
	const struct pool_spec spec = {.program = "/nowhere/worker", .args = args, .task = "chat",
				       .workers = 1, .limits = &limits};
	struct pool *p = NULL;
	struct err e = {0};
	assert_int_equal(pool_new(&spec, &p, &e), 0);
	assert_int_equal(pool_wait_ready(p, soon(), &e), -1);
	assert_non_null(strstr(e.text, "/nowhere/worker"));
	pool_free(p);
}

static void test_stop(void **state)
{
	(void)state;
	struct pool *p = start_ready("hang", 1);
	struct call *c = NULL;
	struct call *d = NULL;
	const json_t *header;
	const char *payload;
	size_t len;
	assert_int_equal(call_open(p, soon(), -1, &c), CALL_FRAME);
	assert_int_equal(call_send(c, question(), NULL, 0), CALL_FRAME);
	pool_stop(p, false);
	assert_int_equal(call_open(p, soon(), -1, &d), CALL_STOPPED);
	pool_stop(p, true);
	assert_int_equal(call_next(c, &header, &payload, &len), CALL_STOPPED);
	call_close(c);
	pool_free(p);
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "worker") == 0)
		return be_worker(argv[2]);
	opt_defaults(limit_options, &limits);
	limits.cancel_ns = NS_PER_S / 5;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_dies),
		cmocka_unit_test(test_kill_9),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_stubborn),
		cmocka_unit_test(test_queue_ends),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_flood_parallel),
		cmocka_unit_test(test_unusable),
		cmocka_unit_test(test_stop),
	};
	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
