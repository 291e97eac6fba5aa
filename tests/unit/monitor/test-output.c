/* tests/unit/monitor/test-output.c - logs, the table, and our own Prometheus page.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/fetch.h"
#include "monitor/endpoint.h"
#include "monitor/latest.h"
#include "monitor/log.h"
#include "monitor/page.h"

static char dir[32];

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/assay-output-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct err e;
	(void)state;
	return file_remove_tree(dir, &e);
}

static const char *in_dir(const char *name)
{
	static char path[100];
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static struct reading reading(const char *device, double value)
{
	return (struct reading){.source = "dcmi", .device = device, .name = "power", .unit = "W",
				.value = value, .at_ns = clock_now()};
}

static void test_jsonl_and_csv(void **state)
{
	(void)state;
	struct err e;
	struct monitor_log *l = NULL;
	struct reading r = reading("npu 0, \"left\"", 93.5);
	assert_int_equal(monitor_log_open(in_dir("a.jsonl"), 0, 3, &l, &e), 0);
	assert_int_equal(monitor_log_add(l, &r), 0);
	assert_int_equal(monitor_log_close(l, &e), 0);
	CLEANUP(buf_release) struct buf text = BUF_INIT(10000);
	assert_int_equal(file_read(in_dir("a.jsonl"), &text, &e), 0);
	CLEANUP(json_unref) json_t *j = json_read(text.data, text.len, 4, &e);
	assert_string_equal(json_text(j, "device", ""), r.device);
	assert_int_equal(strlen(json_text(j, "time", "")), strlen("2026-01-31T23:59:59.123Z"));
	double v;
	assert_true(json_number(j, "value", &v) && v == 93.5);
	for (int i = 0; i < 2; i++) {	/* the header stands there once */
		assert_int_equal(monitor_log_open(in_dir("a.csv"), 0, 3, &l, &e), 0);
		assert_int_equal(monitor_log_add(l, &r), 0);
		assert_int_equal(monitor_log_close(l, &e), 0);
	}
	buf_clear(&text);
	assert_int_equal(file_read(in_dir("a.csv"), &text, &e), 0);
	assert_true(str_starts(text.data, "time,source,device,name,unit,value\n"));
	assert_null(strstr(text.data + 10, "time,source"));
	assert_non_null(strstr(text.data, ",\"npu 0, \"\"left\"\"\",power,W,93.5\n"));
}

static int64_t size_of(const char *name)
{
	struct stat st;
	return stat(in_dir(name), &st) == 0 ? (int64_t)st.st_size : -1;
}

static void test_rotation(void **state)
{
	(void)state;
	struct err e;
	struct monitor_log *l = NULL;
	struct reading r = reading("npu 0", 1);
	assert_int_equal(monitor_log_open(in_dir("r.jsonl"), 1000, 2, &l, &e), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(monitor_log_add(l, &r), 0);
	assert_int_equal(monitor_log_close(l, &e), 0);
	assert_true(size_of("r.jsonl") > 0 && size_of("r.jsonl") <= 1000);
	assert_true(size_of("r.jsonl.1") > 800 && size_of("r.jsonl.1") <= 1000);
	assert_true(size_of("r.jsonl.2") > 800 && size_of("r.jsonl.2") <= 1000);
	assert_int_equal(size_of("r.jsonl.3"), -1);
}

static void test_log_that_cannot_be_written(void **state)
{
	(void)state;
	struct err e;
	struct monitor_log *l = NULL;
	struct reading r = reading("npu 0", 1);
	assert_int_equal(monitor_log_open(in_dir("no/such/file"), 0, 2, &l, &e), -1);
	assert_non_null(strstr(e.text, "no/such/file"));
	assert_int_equal(access("/dev/full", W_OK), 0);
	assert_int_equal(monitor_log_open("/dev/full", 0, 2, &l, &e), 0);
	assert_int_equal(monitor_log_add(l, &r), 0);
	assert_int_equal(monitor_log_flush(l), -1);
	assert_int_equal(monitor_log_add(l, &r), -1);
	assert_int_equal(monitor_log_close(l, &e), -1);
	assert_non_null(strstr(e.text, "/dev/full"));
}

static void test_page_of_ours(void **state)
{
	(void)state;
	struct err e;
	struct latest *l = latest_new(60 * NS_PER_S);
	struct reading r = reading("npu 0 \"x\"\\", 93.5);
	latest_add(l, &r);
	struct reading other = reading("npu 1", 80);
	latest_add(l, &other);
	r.value = 94.5;
	latest_add(l, &r);
	struct reading old = {"dcmi", "npu 7", "power", "W", 1, 0};	/* since boot */
	if (clock_now() > 61 * NS_PER_S)
		latest_add(l, &old);
	struct metrics_endpoint *x = NULL;
	assert_int_equal(metrics_endpoint_start("127.0.0.1:0", l, &x, &e), 0);
	char url[64];
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/metrics", metrics_endpoint_port(x));
	CLEANUP(buf_release) struct buf page = BUF_INIT(100000);
	int status = 0;
	assert_int_equal(cli_fetch(url, 5 * NS_PER_S, &page, &status, &e), 0);
	assert_int_equal(status, 200);
	struct page_cursor c = {page.data, page.data + page.len};
	struct page_sample s;
	struct span device;
	assert_true(page_next(&c, &s));
	assert_true(span_is(s.name, "assay_power_watts"));
	assert_true(s.value == 94.5);
	assert_true(page_label(s.labels, "device", &device));
	assert_true(span_is(device, "npu 0 \\\"x\\\"\\\\"));
	assert_true(page_next(&c, &s) && s.value == 80);
	assert_false(page_next(&c, &s));
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/x", metrics_endpoint_port(x));
	assert_int_equal(cli_fetch(url, 5 * NS_PER_S, &page, &status, &e), 0);
	assert_int_equal(status, 404);
	int port = metrics_endpoint_port(x);
	struct metrics_endpoint *second = NULL;
	(void)snprintf(url, sizeof(url), "127.0.0.1:%d", port);
	assert_int_equal(metrics_endpoint_start(url, l, &second, &e), -1);
	assert_non_null(strstr(e.text, "cannot listen"));
	(void)metrics_endpoint_stop(x);
	assert_int_equal(metrics_endpoint_start("host:port", l, &second, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	CLEANUP(buf_release) struct buf table = BUF_INIT(100000);
	latest_to_table(l, clock_now(), 80, &table);
	assert_non_null(strstr(table.data, "npu 1  power 80.0 W\n"));
	assert_null(strstr(table.data, "npu 7  power"));
	(void)latest_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_jsonl_and_csv, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rotation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_log_that_cannot_be_written, set_up,
						tear_down),
		cmocka_unit_test(test_page_of_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
