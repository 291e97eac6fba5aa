/* tests/unit/worker/test-host.c - host and guest against each other: this program is its own
 * worker when it is started with an argument.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/process.h"
#include "base/stop.h"
#include "base/util.h"
#include "worker/guest.h"
#include "worker/host.h"

/* The worker's side. */

static int open_guest(int argc, char **argv, json_t *ready, struct err *e)
{
	if (argc > 2 && strcmp(argv[2], "broken") == 0)
		return err_set(e, ERR_SYSTEM, "no model here");
	if (argc > 2 && strcmp(argv[2], "silent") == 0)
		for (;;)
			(void)pause();
	json_put_int(ready, "sample_rate", 16000);
	return 0;
}

static int speak(struct guest_request *r, const struct frame *f, json_t *done, struct err *e)
{
	const char *text = json_text(f->header, "text", "");
	if (strcmp(text, "die") == 0) {
		(void)fprintf(stderr, "first line\nlast words\n");
		_exit(7);
	}
	if (strcmp(text, "kill") == 0)
		(void)raise(SIGKILL);
	if (strcmp(text, "empty") == 0) {
		guest_code(r, "no_text");
		return err_set(e, ERR_USAGE, "the text is empty");
	}
	if (strcmp(text, "ours") == 0)
		return err_set(e, ERR_SYSTEM, "cannot now");
	if (strcmp(text, "wait") == 0) {
		if (guest_reply(r, "token", NULL, NULL, 0, e) < 0)
			return -1;
		while (!guest_cancelled(r))
			(void)clock_sleep_until(clock_now() + NS_PER_MS);
		return err_set(e, ERR_INTERRUPTED, "cancelled");
	}
	json_int_t n = json_integer_value(json_object_get(f->header, "replies"));
	for (json_int_t i = 0; i < n; i++)
		if (guest_reply(r, "audio", json_pack("{s:I}", "n", i), f->payload,
				f->payload_len, e) < 0)
			return -1;
	json_put_text(done, "text", text);
	return 0;
}

static int64_t heard;

static int begin(struct guest_request *r, const struct frame *f, struct err *e)
{
	(void)r;
	heard = 0;
	return json_object_get(f->header, "refuse") ? err_set(e, ERR_DATA, "refused") : 0;
}

static int audio(struct guest_request *r, const struct frame *f, struct err *e)
{
	heard += (int64_t)f->payload_len;
	/* Much comes back while the host still sends: neither may wait for the other. */
	return guest_reply(r, "partial", json_object(), f->payload, f->payload_len, e);
}

static int end(struct guest_request *r, const struct frame *f, json_t *done, struct err *e)
{
	(void)r, (void)f, (void)e;
	json_put_int(done, "heard", heard);
	return 0;
}

static int be_worker(int argc, char **argv)
{
	const struct guest tts = {
		.name = "test", .task = "tts", .payload_max = (size_t)1 << 20,
		.open = open_guest, .request = speak,
	};
	const struct guest asr = {
		.name = "test", .task = "asr", .open = open_guest,
		.begin = begin, .audio = audio, .end = end,
	};
	return guest_main(strcmp(argv[1], "asr") == 0 ? &asr : &tts, argc, argv);
}

/* The host's side. */

static struct worker *start(const char *task, const char *how)
{
	const char *args[] = {task, how, NULL};
	const struct worker_spec spec = {.program = "/proc/self/exe", .args = args};
	struct worker *w = NULL;
	struct err e;
	assert_int_equal(worker_start(&spec, &w, &e), 0);
	return w;
}

static struct worker *ready(const char *task)
{
	struct worker *w = start(task, NULL);
	struct err e;
	if (worker_wait_ready(w, &e) < 0)
		fail_msg("%s", e.text);
	return w;
}

static uint64_t soon(void)
{
	return clock_now() + 20 * NS_PER_S;
}

static json_t *speak_frame(const char *text, int replies)
{
	return json_pack("{s:s, s:s, s:i}", "type", "speak", "text", text, "replies", replies);
}

struct seen {
	int audio, done;
	size_t bytes;
	int stop_at;
};

static int see(const struct frame *f, void *ctx)
{
	struct seen *s = ctx;
	if (strcmp(f->type, "done") == 0)
		s->done++;
	else
		s->audio++;
	s->bytes += f->payload_len;
	return s->stop_at > 0 && s->audio >= s->stop_at ? -1 : 0;
}

static void test_ready_and_call(void **state)
{
	(void)state;
	struct worker *w = ready("tts");
	int64_t rate = 0;
	assert_true(json_whole(worker_ready(w), "sample_rate", &rate));
	assert_int_equal(rate, 16000);
	assert_string_equal(json_text(worker_ready(w), "device", ""), "cpu");
	struct seen s = {0};
	struct err e;
	int rc = worker_call(w, speak_frame("hello", 3), "abcd", 4, soon(), see, &s, NULL, &e);
	assert_int_equal(rc, 0);
	assert_int_equal(s.audio, 3);
	assert_int_equal(s.done, 1);
	assert_int_equal(s.bytes, 12);
	assert_null(worker_free(w));
	assert_null(worker_free(NULL));
}

static void test_errors(void **state)
{
	(void)state;
	struct worker *w = ready("tts");
	struct err e;
	bool client = false;
	assert_int_equal(worker_call(w, speak_frame("empty", 0), NULL, 0, soon(), NULL, NULL,
				     &client, &e), -1);
	assert_true(client);
	assert_int_equal(e.code, ERR_DATA);
	assert_string_equal(e.text, "the text is empty");
	assert_int_equal(worker_call(w, speak_frame("ours", 0), NULL, 0, soon(), NULL, NULL,
				     &client, &e), -1);
	assert_false(client);
	json_t *h = json_pack("{s:s}", "type", "sing");
	assert_int_equal(worker_call(w, h, NULL, 0, soon(), NULL, NULL, &client, &e), -1);
	assert_true(client);
	/* Still useful after all that. */
	assert_int_equal(worker_call(w, speak_frame("hi", 1), NULL, 0, soon(), NULL, NULL,
				     &client, &e), 0);
	worker_free(w);
}

static void test_death(void **state)
{
	(void)state;
	struct worker *w = ready("tts");
	struct err e;
	assert_int_equal(worker_call(w, speak_frame("die", 0), NULL, 0, soon(), NULL, NULL, NULL,
				     &e), -1);
	assert_int_equal(e.code, ERR_SYSTEM);
	assert_non_null(strstr(e.text, "exit status 7"));
	assert_non_null(strstr(e.text, "last words"));
	assert_null(strstr(e.text, "first line"));
	assert_int_equal(worker_pid(w), 0);
	assert_int_equal(worker_call(w, speak_frame("hi", 0), NULL, 0, soon(), NULL, NULL, NULL,
				     &e), -1);
	worker_free(w);
	w = ready("tts");
	assert_int_equal(worker_call(w, speak_frame("kill", 0), NULL, 0, soon(), NULL, NULL, NULL,
				     &e), -1);
	assert_non_null(strstr(e.text, "signal 9"));
	worker_free(w);
}

static void test_not_ready(void **state)
{
	(void)state;
	struct err e;
	struct worker *w = start("tts", "broken");
	assert_int_equal(worker_wait_ready(w, &e), -1);
	assert_non_null(strstr(e.text, "no model here"));
	worker_free(w);
	const struct worker_spec none = {.program = "/nonexistent/worker"};
	assert_int_equal(worker_start(&none, &w, &e), -1);
	assert_non_null(strstr(e.text, "worker"));
	const char *args[] = {"tts", "silent", NULL};
	const struct worker_spec late = {
		.program = "/proc/self/exe", .args = args, .ready_timeout_ns = 50 * NS_PER_MS,
	};
	assert_int_equal(worker_start(&late, &w, &e), 0);
	assert_int_equal(worker_wait_ready(w, &e), -1);
	assert_non_null(strstr(e.text, "in time"));
	worker_free(w);
}

static void test_cancel(void **state)
{
	(void)state;
	struct worker *w = ready("tts");
	struct err e;
	/* Given up by the caller, then by the clock: the next call gets its own answer. */
	struct seen s = {.stop_at = 1};
	assert_int_equal(worker_call(w, speak_frame("wait", 0), NULL, 0, soon(), see, &s, NULL,
				     &e), -1);
	assert_int_equal(e.code, ERR_INTERRUPTED);
	s = (struct seen){0};
	assert_int_equal(worker_call(w, speak_frame("hi", 2), "ab", 2, soon(), see, &s, NULL, &e),
			 0);
	assert_int_equal(s.audio, 2);
	assert_int_equal(worker_call(w, speak_frame("wait", 0), NULL, 0,
				     clock_now() + 30 * NS_PER_MS, NULL, NULL, NULL, &e), -1);
	assert_non_null(strstr(e.text, "in time"));
	s = (struct seen){0};
	assert_int_equal(worker_call(w, speak_frame("hi", 2), "ab", 2, soon(), see, &s, NULL, &e),
			 0);
	assert_int_equal(s.audio, 2);
	/* A cancel is answered by error "cancelled". */
	int64_t id = worker_next_id(w);
	json_t *h = speak_frame("wait", 0);
	json_put_int(h, "id", id);
	assert_int_equal(worker_send(w, h, NULL, 0, soon(), &e), 0);
	h = json_pack("{s:s, s:I}", "type", "cancel", "id", (json_int_t)id);
	assert_int_equal(worker_send(w, h, NULL, 0, soon(), &e), 0);
	assert_int_equal(worker_collect(w, id, soon(), NULL, NULL, NULL, &e), -1);
	assert_string_equal(e.text, "cancelled");
	worker_free(w);
}

static void send_part(struct worker *w, int64_t id, const char *type, const void *data, size_t len)
{
	struct err e;
	json_t *h = json_pack("{s:s, s:I}", "type", type, "id", (json_int_t)id);
	if (worker_send(w, h, data, len, soon(), &e) < 0)
		fail_msg("%s", e.text);
}

static void test_parts(void **state)
{
	(void)state;
	struct worker *w = ready("asr");
	struct err e;
	size_t len = (size_t)1 << 20;
	CLEANUP(free_ptr) char *data = calloc(1, len);
	assert_non_null(data);
	int64_t id = worker_next_id(w);
	send_part(w, id, "begin", NULL, 0);
	for (int i = 0; i < 16; i++)
		send_part(w, id, "audio", data, len);
	send_part(w, id, "end", NULL, 0);
	struct seen s = {0};
	assert_int_equal(worker_collect(w, id, soon(), see, &s, NULL, &e), 0);
	assert_int_equal(s.audio, 16);
	assert_int_equal(s.bytes, 16 * len);

	/* Refused at its beginning: the rest is swallowed, the next one works. */
	bool client = false;
	id = worker_next_id(w);
	json_t *h = json_pack("{s:s, s:I, s:b}", "type", "begin", "id", (json_int_t)id, "refuse",
			      1);
	assert_int_equal(worker_send(w, h, NULL, 0, soon(), &e), 0);
	send_part(w, id, "audio", data, 10);
	send_part(w, id, "end", NULL, 0);
	assert_int_equal(worker_collect(w, id, soon(), NULL, NULL, &client, &e), -1);
	assert_string_equal(e.text, "refused");
	assert_true(client);
	id = worker_next_id(w);
	send_part(w, id, "end", NULL, 0);
	assert_int_equal(worker_collect(w, id, soon(), NULL, NULL, &client, &e), -1);
	assert_non_null(strstr(e.text, "begun"));
	id = worker_next_id(w);
	send_part(w, id, "begin", NULL, 0);
	send_part(w, id, "cancel", NULL, 0);
	assert_int_equal(worker_collect(w, id, soon(), NULL, NULL, &client, &e), -1);
	assert_string_equal(e.text, "cancelled");
	id = worker_next_id(w);
	send_part(w, id, "begin", NULL, 0);
	send_part(w, id, "end", NULL, 0);
	s = (struct seen){0};
	assert_int_equal(worker_collect(w, id, soon(), see, &s, NULL, &e), 0);
	assert_int_equal(s.audio, 0);
	worker_free(w);
}

/* Bytes that are no frame end the worker, and the host learns why. */
static void test_garbage(void **state)
{
	(void)state;
	struct worker *w = ready("tts");
	assert_int_equal(write(worker_fd(w), "\0\0\0\2{]", 6), 6);
	struct err e;
	assert_int_equal(worker_collect(w, 1, soon(), NULL, NULL, NULL, &e), -1);
	assert_non_null(strstr(e.text, "broken frame"));
	assert_non_null(strstr(e.text, "exit status 1"));
	worker_free(w);
}

static void test_stop(void **state)
{
	(void)state;
	stop_install();
	struct worker *w = ready("tts");
	struct err e;
	stop_request();
	assert_int_equal(worker_call(w, speak_frame("wait", 0), NULL, 0, soon(), NULL, NULL, NULL,
				     &e), -1);
	assert_int_equal(e.code, ERR_INTERRUPTED);
	stop_reset();
	worker_free(w);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return be_worker(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ready_and_call), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_death), cmocka_unit_test(test_not_ready),
		cmocka_unit_test(test_cancel), cmocka_unit_test(test_parts),
		cmocka_unit_test(test_garbage), cmocka_unit_test(test_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
