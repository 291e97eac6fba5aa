/* tests/unit/monitor/test-tools.c - npu-smi that works, fails, hangs, and prints nonsense.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/monitor/collect.h"

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "monitor/child.h"
#include "monitor/nvidia_text.h"
#include "patience.h"

static int set_up(void **state)
{
	char path[8192];
	(void)state;
	(void)unsetenv("LD_LIBRARY_PATH");
	(void)snprintf(path, sizeof(path), "%s:%s", source_file("tests/fake"), getenv("PATH"));
	return setenv("PATH", path, 1);
}

static int open_as(const char *mode, void **ret, struct err *e)
{
	struct monitor_spec spec = {.every_ns = NS_PER_S / 10,
				    .tool_timeout_ns = patience(NS_PER_S / 2)};
	(void)setenv("FAKE_NPU_SMI", mode, 1);
	return sampler_find("npu-smi")->open(&spec, ret, e);
}

/* Let the tool answer: until the reading is there or 10 s have passed. */
static int serve_until(struct collect *c, void *s, const char *name, double value)
{
	const struct sampler *row = sampler_find("npu-smi");
	uint64_t until = clock_now() + patience(10 * NS_PER_S);
	struct err e;
	int rc = 0;
	while (clock_now() < until && collect_last(c, "npu 0 chip 0", name) != value) {
		struct sink out = {collect_reading, c, row->name, clock_now()};
		rc = row->read(s, &out, &e);
		struct pollfd p = {.fd = row->fd(s), .events = POLLIN};
		if (poll(&p, 1, 50) > 0)
			rc = row->take(s, &out, &e);
	}
	return rc;
}

static void test_info_and_watch(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	void *s = NULL;
	assert_int_equal(open_as("ok", &s, &e), 0);
	json_t *j = sampler_find("npu-smi")->once(s, &e);
	assert_string_equal(json_text(j, "devices.0.processes.0.name", ""), "python");
	json_decref(j);
	(void)serve_until(&c, s, "utilization", 17);	/* from info */
	assert_true(collect_last(&c, "npu 0 chip 0", "memory_used") == 60156. * 1048576);
	(void)serve_until(&c, s, "utilization", 55);	/* from the watch */
	assert_true(collect_last(&c, "npu 0 chip 0", "utilization") == 55);
	assert_true(collect_last(&c, "npu 0 chip 0", "power") == 94.5);
	assert_true(collect_last(&c, "npu 0 chip 0", "memory_share") == 91);
	assert_true(collect_last(&c, "npu-smi", "duration") > 0);
	sampler_find("npu-smi")->close(s);
}

/* Without a watch the table is read again and again. */
static void test_no_watch(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	void *s = NULL;
	assert_int_equal(open_as("nowatch", &s, &e), 0);
	(void)serve_until(&c, s, "utilization", 17);
	size_t n = c.n;
	uint64_t until = clock_now() + patience(10 * NS_PER_S);
	const struct sampler *row = sampler_find("npu-smi");
	while (c.n < n + 5 && clock_now() < until) {
		struct sink out = {collect_reading, &c, row->name, clock_now()};
		(void)row->read(s, &out, &e);
		struct pollfd p = {.fd = row->fd(s), .events = POLLIN};
		if (poll(&p, 1, 50) > 0)
			(void)row->take(s, &out, &e);
	}
	assert_true(c.n >= n + 5);
	row->close(s);
}

static void test_failures(void **state)
{
	(void)state;
	struct err e;
	void *s = NULL;
	assert_int_equal(open_as("8005", &s, &e), -1);
	assert_non_null(strstr(e.text, "(-8005)"));
	assert_non_null(strstr(e.text, "HwHiAiUser"));
	assert_int_equal(open_as("silent", &s, &e), -1);
	assert_non_null(strstr(e.text, "(-8020)"));	/* from its exit status */
	assert_int_equal(open_as("garbage", &s, &e), -1);
	assert_int_equal(open_as("loader", &s, &e), 0);	/* tried again with the driver's folders */
	sampler_find("npu-smi")->close(s);
	struct monitor_spec spec;
	monitor_defaults(&spec);
	const char *names[] = {"npu-smi"};
	spec.samplers = (struct strings){names, 1};
	(void)setenv("FAKE_NPU_SMI", "8005", 1);
	json_t *j = monitor_once(&spec, &e);
	int64_t code = 0;
	assert_true(json_whole(j, "error.code", &code));
	assert_int_equal(code, -8005);
	json_decref(j);
}

static void test_hanging(void **state)
{
	(void)state;
	static const char *const modes[] = {"hang", "deaf"};
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct err e;
		void *s = NULL;
		uint64_t start = clock_now();
		assert_int_equal(open_as(modes[i], &s, &e), -1);
		assert_non_null(strstr(e.text, "did not answer"));
		assert_true(clock_now() - start < patience(5 * NS_PER_S));
	}
	struct err e;
	void *s = NULL;
	assert_int_equal(open_as("flood", &s, &e), -1);
	assert_non_null(strstr(e.text, "4 MiB"));
}

/* One that worked at first and hangs later: the thread goes on and says so. */
static void test_hangs_later(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	void *s = NULL;
	const struct sampler *row = sampler_find("npu-smi");
	assert_int_equal(open_as("ok", &s, &e), 0);
	(void)setenv("FAKE_NPU_SMI", "hang", 1);
	uint64_t start = clock_now();
	struct sink out = {collect_reading, &c, row->name, start};
	assert_int_equal(row->read(s, &out, &e), 1);	/* info was started */
	out.at_ns = start + 10 * NS_PER_S;
	assert_int_equal(row->read(s, &out, &e), -1);
	assert_non_null(strstr(e.text, "did not answer within"));
	row->close(s);
	assert_true(clock_now() - start < patience(5 * NS_PER_S));
}

static void test_nvidia_line(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct capture c;
	capture_init(&c, a);
	static const char line[] =
		"1, GPU-1, NVIDIA H200, 00000000:0F:00.0, 12, 3, 400, 1000, 35, 120.5, 1980";
	assert_true(nvidia_text_line(span_of(line), &c));
	assert_int_equal(c.devices[0].npu, 1);
	assert_true(c.devices[0].q[Q_UTILIZATION] == 12);
	assert_true(c.devices[0].q[Q_POWER] == 120.5);
	assert_true(nvidia_text_line(span_of("0, u, n, b, [N/A], 3, 400, 1000, 35, "
					     "[Not Supported], 1"), &c));
	assert_true(isnan(c.devices[1].q[Q_UTILIZATION]) && isnan(c.devices[1].q[Q_POWER]));
	assert_false(nvidia_text_line(span_of("No devices were found"), &c));
	assert_false(nvidia_text_line(span_of("0, u, n, b, 1, 3, 400"), &c));
	(void)arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_info_and_watch),
		cmocka_unit_test(test_no_watch),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_hanging),
		cmocka_unit_test(test_hangs_later),
		cmocka_unit_test(test_nvidia_line),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
