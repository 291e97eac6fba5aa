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
#include "monitor/sampler.h"

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
	assert_true(span_is(s.name, "assay_clock_seconds"));
	assert_true(fabs(s.value - (double)clock_wall() / 1e9) < 60);
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

static double elsewhere[5];

static void note(void *ctx, const struct reading *r)
{
	(void)ctx;
	elsewhere[0] = strcmp(r->device, "chat: npu 0 \"x\"\\") == 0 ? r->value : elsewhere[0];
	elsewhere[1] = strcmp(r->name, "net") == 0 && strcmp(r->unit, "tokens/s") == 0 ? r->value
										  : elsewhere[1];
	elsewhere[2] = strcmp(r->name, "clock_ahead") == 0 ? r->value : elsewhere[2];
	elsewhere[3] = strcmp(r->name, "clock_ahead_bound") == 0 ? r->value : elsewhere[3];
}

/* A page whose clock is an hour ahead: GET through the real client, then the times changed. */
static int fetch_ahead(const char *url, uint64_t timeout_ns, struct buf *body, int *ret_status,
		       struct err *e)
{
	if (cli_fetch(url, timeout_ns, body, ret_status, e) < 0)
		return -1;
	char *at = strstr(body->data, "\nassay_clock_seconds ");
	assert_non_null(at);
	uint64_t there = clock_wall() + 3600 * NS_PER_S;
	char text[32];
	(void)snprintf(text, sizeof(text), "%010llu",
		       (unsigned long long)(there / NS_PER_S % 10000000000ull));
	memcpy(at + strlen("\nassay_clock_seconds "), text, 10);
	return 0;
}

/* What an assay reads on the service's machine, read by one that makes the load. */
static void test_samplers_of_another_machine(void **state)
{
	(void)state;
	struct err e;
	struct latest *l = latest_new(60 * NS_PER_S);
	struct metrics_endpoint *x = NULL;
	struct reading r = reading("npu 0 \"x\"\\", 93.5);
	struct reading net = {"host", "eth0", "net", "tokens/s", 7, clock_now()};
	char url[64];
	void *sampler = NULL;
	latest_add(l, &r);
	latest_add(l, &net);
	assert_int_equal(metrics_endpoint_start("127.0.0.1:0", l, &x, &e), 0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/metrics", metrics_endpoint_port(x));
	const struct monitor_target target = {.name = "chat", .metrics_url = url};
	const struct monitor_spec spec = {.every_ns = NS_PER_S, .targets = &target, .n_targets = 1,
					  .fetch = fetch_ahead};
	struct sink sink = {.add = note, .source = "prometheus", .at_ns = clock_now()};
	const struct sampler *p = sampler_find("prometheus");
	assert_int_equal(p->open(&spec, &sampler, &e), 0);
	assert_int_equal(p->read(sampler, &sink, &e), 0);
	p->close(sampler);
	assert_true(elsewhere[0] == 93.5 && elsewhere[1] == 7);
	assert_true(elsewhere[3] > 0 && elsewhere[3] < 2);
	/* its second is whole: up to one may be missing */
	assert_true(fabs(elsewhere[2] - 3600) <= 1.1 + elsewhere[3]);
	(void)metrics_endpoint_stop(x);
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
		cmocka_unit_test(test_samplers_of_another_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
