/* tests/unit/cli/test-progress.c - the running line on a terminal, lines elsewhere, and silence.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/stop.h"
#include "cli/progress.h"
#include "report/width.h"
#include "tests/sanitize/sanitized.h"

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
	/* A terminal hands on what was written when it likes: read until a mark of our own. */
	size_t len = 0;
	assert_int_equal(write(s->to, "\001", 1), 1);
	do {
		ssize_t n = read(s->from, text + len, size - 1 - len);
		assert_true(n > 0);
		len += (size_t)n;
		text[len] = '\0';
	} while (text[len - 1] != '\001');
	text[len - 1] = '\0';
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
	/* At once, after one second, after two where the machine lets us; and the new phase. */
	assert_in_range(count(text, '\n'), 3, 4);
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

/* The widest line that is left of what was written over. */
static size_t widest(char *text)
{
	size_t most = 0;
	char *rest = NULL;
	for (char *at = strtok_r(text, "\r\n", &rest); at; at = strtok_r(NULL, "\r\n", &rest)) {
		const char *line = strncmp(at, "\033[K", 3) == 0 ? at + 3 : at;
		size_t n = width_of(line);
		most = n > most ? n : most;
	}
	return most;
}

/* A line never wraps, however narrow the terminal is now and whatever the user's names hold: wide
 * characters take two columns, and what would move the cursor is shown as '?'. */
static void test_narrow(void **state)
{
	(void)state;
	static const unsigned short widths[] = {140, 60, 17, 16, 15, 8, 2, 1};
	for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
		struct stage s;
		char text[8192];
		struct winsize size = {.ws_row = 24, .ws_col = widths[i]};
		open_stage(&s, true, false);
		assert_int_equal(ioctl(STDERR_FILENO, TIOCSWINSZ, &size), 0);
		tell(&s, "performance 中文语音识别服务\r\n\033[2J\t", 0.43);
		close_stage(&s, text, sizeof(text));
		assert_null(strstr(text, "[2J\t"));
		assert_null(strstr(text, "\033[2J"));
		assert_int_equal(count(text, '\n'), 0);
		if (widths[i] == 60)
			assert_non_null(strstr(text, "中文语音识别服务??"));
		if (widths[i] == 15)
			assert_non_null(strstr(text, "0s 中文语音识…"));
		size_t width = widest(text);
		if (width >= widths[i] || (widths[i] > 2 && width + 2 < MIN(widths[i], 100)))
			fail_msg("%zu columns of %hu", width, widths[i]);
	}
}

/* On 80 columns the same numbers in fewer words. */
static void test_brief(void **state)
{
	(void)state;
	struct stage s;
	char text[8192];
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	open_stage(&s, true, false);
	assert_int_equal(ioctl(STDERR_FILENO, TIOCSWINSZ, &size), 0);
	read_device(&s, "npu 0 chip 0", "utilization", 71);
	read_device(&s, "npu 0 chip 0", "memory_used", 38.0 * 1073741824);
	read_device(&s, "npu 0 chip 0", "temperature", 61);
	tell(&s, "performance asr", 0.43);
	close_stage(&s, text, sizeof(text));
	assert_non_null(strstr(text, "0s asr 43 % ok 41 failed 2 12.3/s 8 open p50 192 ms "
			       "p99 301 ms npu 71 % 61 °C\r"));
}

/* A terminal that cannot write over a line gets lines, as a file does. */
static void test_dumb(void **state)
{
	(void)state;
	struct stage s;
	char text[8192];
	char *kept = getenv("TERM") ? strdup(getenv("TERM")) : NULL;
	assert_int_equal(setenv("TERM", "dumb", 1), 0);
	open_stage(&s, true, false);
	tell(&s, "one", 0.1);
	tell(&s, "one", 0.2);
	tell(&s, "two\n", 0.1);
	progress_say(s.view, "%s", "说\033");
	close_stage(&s, text, sizeof(text));
	assert_null(strchr(text, '\033'));
	assert_int_equal(count(text, '\n'), 3);
	assert_non_null(strstr(text, "two?"));
	assert_non_null(strstr(text, "说?"));
	if (kept)
		(void)setenv("TERM", kept, 1);
	else
		(void)unsetenv("TERM");
	free(kept);
}

/* A second Ctrl-C ends the program at once; the line of the terminal is left clean. */
static void test_last_words(void **state)
{
	(void)state;
	struct stage s;
	char text[8192];
	int status;
	if (SANITIZED)
		skip();	/* it holds signals back until it is asked for something */
	open_stage(&s, true, false);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		stop_install();
		tell(&s, "soak", 0.43);
		(void)raise(SIGINT);
		(void)raise(SIGINT);
		_exit(9);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	close_stage(&s, text, sizeof(text));
	assert_int_equal(WEXITSTATUS(status), 4);
	assert_non_null(strstr(text, "soak"));
	assert_string_equal(text + strlen(text) - 4, "\r\033[K");
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
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_brief),
		cmocka_unit_test(test_dumb),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_many_devices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
