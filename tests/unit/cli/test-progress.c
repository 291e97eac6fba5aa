/* tests/unit/cli/test-progress.c - the running line on a terminal, lines elsewhere, and silence.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <math.h>
#include <pty.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/progress.h"

/* Standard error of this program while a view writes there; what came is read from `from`. */
struct stage {
	int from, to, saved;
	struct progress_view *view;
};

static void open_stage(struct stage *s, bool terminal, bool quiet)
{
	const struct common_options common = {.quiet = quiet};
	int fds[2];
	struct winsize size = {.ws_row = 24, .ws_col = 140};
	if (terminal)
		assert_int_equal(openpty(&fds[0], &fds[1], NULL, NULL, &size), 0);
	else
		assert_int_equal(pipe(fds), 0);
	s->from = fds[0];
	s->to = fds[1];
	assert_int_equal(fcntl(s->from, F_SETFL, O_NONBLOCK), 0);
	(void)fflush(stderr);
	s->saved = dup(STDERR_FILENO);
	assert_true(dup2(s->to, STDERR_FILENO) >= 0);
	s->view = progress_view_new(&common);
	assert_non_null(s->view);
}

static void close_stage(struct stage *s, char *text, size_t size)
{
	s->view = progress_view_free(s->view);
	(void)fflush(stderr);
	assert_true(dup2(s->saved, STDERR_FILENO) >= 0);
	(void)close(s->saved);
	ssize_t n = read(s->from, text, size - 1);
	text[n > 0 ? n : 0] = '\0';
	(void)close(s->to);
	(void)close(s->from);
}

static void tell(const struct stage *s, const char *phase, double done)
{
	progress_tell(progress_view_hooks(s->view),
		      &(struct progress_state){.phase = phase, .done = done, .ok = 41, .failed = 2,
					       .rate = 12.34, .in_flight = 8, .p50_s = 0.192,
					       .p99_s = 0.301});
}

static void read_device(const struct stage *s, const char *device, const char *name, double value)
{
	progress_view_reading(s->view, &(struct reading){.source = "npu-smi", .device = device,
							 .name = name, .unit = "",
							 .value = value, .at_ns = clock_now()});
}

static size_t count(const char *text, char c)
{
	size_t n = 0;
	for (; *text; text++)
		n += *text == c;
	return n;
}

static void test_terminal(void **state)
{
	(void)state;
	struct stage s;
	char text[8192];
	open_stage(&s, true, false);
	read_device(&s, "host", "cpu", 35);
	read_device(&s, "npu 0 chip 0", "utilization", 71);
	read_device(&s, "npu 0 chip 0", "memory_used", 38.0 * 1073741824);
	read_device(&s, "npu 0 chip 0", "temperature", 61);
	tell(&s, "performance asr", 0.43);
	close_stage(&s, text, sizeof(text));
	static const char *const parts[] = {
		"\r\033[K", "performance asr", "43 %", "ok 41", "failed 2", "12.3/s",
		"in flight 8", "p50 192 ms", "p99 301 ms", "npu 0 chip 0 71 % 38 GiB 61 °C"};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!strstr(text, parts[i]))
			fail_msg("no '%s' in '%s'", parts[i], text);
	/* It is written over, and gone at the end. */
	assert_int_equal(count(text, '\n'), 0);
	assert_string_equal(text + strlen(text) - 4, "\r\033[K");
	assert_null(strstr(text, "host"));
}

/* Two devices in one word; the second line tells the time that is left. */
static void test_plain(void **state)
{
	(void)state;
	struct stage s;
	char text[8192];
	open_stage(&s, false, false);
	read_device(&s, "npu 0", "utilization", 60);
	read_device(&s, "npu 1", "utilization", 80);
	read_device(&s, "npu 1", "temperature", 66);
	uint64_t end = clock_now() + 2500 * NS_PER_MS;
	while (clock_now() < end)
		tell(&s, "soak", 0.5);
	tell(&s, "idle", -1);
	close_stage(&s, text, sizeof(text));
	/* At once, after one second, after two; and the new phase at once. */
	assert_int_equal(count(text, '\n'), 4);
	assert_non_null(strstr(text, "soak  50 %, 2 s left"));
	assert_non_null(strstr(text, "2 devices 70 % up to 66 °C"));
	assert_non_null(strstr(text, "idle  ok 41"));
	assert_null(strchr(text, '\r'));
}

static void test_quiet(void **state)
{
	(void)state;
	struct stage s;
	char text[256];
	open_stage(&s, false, true);
	tell(&s, "soak", 0.5);
	progress_say(s.view, "a message");
	close_stage(&s, text, sizeof(text));
	assert_string_equal(text, "");
}

/* More devices than there is room for are left out, and nothing is written beyond. */
static void test_many_devices(void **state)
{
	(void)state;
	struct stage s;
	char text[1024], name[64];
	open_stage(&s, false, false);
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "npu %d", i);
		read_device(&s, name, "utilization", 50);
	}
	tell(&s, "soak", -1);
	close_stage(&s, text, sizeof(text));
	assert_non_null(strstr(text, "64 devices 50 %"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_many_devices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
