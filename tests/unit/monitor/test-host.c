/* tests/unit/monitor/test-host.c - the host's readings from a made /proc.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/monitor/collect.h"

#include "base/clock.h"
#include "base/file.h"

static char dir[] = "/tmp/assay-host-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[200];
	struct err e;
	(void)snprintf(path, sizeof(path), "%s/proc/%s", dir, name);
	assert_int_equal(file_write(path, text, strlen(text), &e), 0);
}

static int set_up(void **state)
{
	(void)state;
	char path[200];
	struct err e;
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/proc/net", dir);
	return file_make_dirs(path, &e);
}

static int tear_down(void **state)
{
	(void)state;
	struct err e;
	return file_remove_tree(dir, &e);
}

static const char net_1[] =
	"Inter-|   Receive                                                |  Transmit\n"
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
	"    lo: 5000 1 0 0 0 0 0 0 5000 1 0 0 0 0 0 0\n"
	"  eth0: 1000 1 0 0 0 0 0 0 2000 1 0 0 0 0 0 0\n"
	"  eth1: 1 1 0 0 0 0 0 0 2 1 0 0 0 0 0 0\n";
static const char net_2[] =
	"Inter-|   Receive                                                |  Transmit\n"
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
	"    lo: 9000 1 0 0 0 0 0 0 9000 1 0 0 0 0 0 0\n"
	"  eth0: 3000 1 0 0 0 0 0 0 6000 1 0 0 0 0 0 0\n"
	"  eth1: 1 1 0 0 0 0 0 0 2 1 0 0 0 0 0 0\n";

static void test_values(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	const struct sampler *row = sampler_find("host");
	struct monitor_spec spec = {.root = dir};
	void *s = NULL;
	assert_int_equal(row->open(&spec, &s, &e), -1);	/* no /proc/stat there yet */
	assert_non_null(strstr(e.text, "/proc/stat"));
	put("stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 50 0 50 400 0 0 0 0 0 0\n"
		    "cpu1 50 0 50 400 0 0 0 0 0 0\nintr 1\n");
	put("meminfo", "MemTotal:       1000 kB\nMemFree: 100 kB\nMemAvailable:    400 kB\n");
	put("loadavg", "1.50 1.00 0.50 1/200 300\n");
	put("net/dev", net_1);
	assert_int_equal(row->open(&spec, &s, &e), 0);
	assert_int_equal(collect_turn(&c, row, s, 10 * NS_PER_S, &e), 0);
	assert_true(isnan(collect_last(&c, "host", "cpu")));	/* one reading is no rate */
	assert_true(isnan(collect_last(&c, "host", "network_received")));
	assert_true(collect_last(&c, "host", "memory_used") == 600 * 1024);
	assert_true(collect_last(&c, "host", "memory_total") == 1000 * 1024);
	assert_true(isnan(collect_last(&c, "host", "swap_used")));	/* not said: unknown */
	assert_true(collect_last(&c, "host", "load1") == 1.5);
	put("stat", "cpu  130 0 120 845 0 0 0 5 0 0\ncpu0 100 0 50 400 0 0 0 0 0 0\n"
		    "cpu1 50 0 50 450 0 0 0 0 0 0\nintr 1\n");
	put("net/dev", net_2);
	assert_int_equal(collect_turn(&c, row, s, 12 * NS_PER_S, &e), 0);
	assert_true(fabs(collect_last(&c, "host", "cpu") - 55) < 1e-9);
	assert_true(fabs(collect_last(&c, "host", "cpu_steal") - 5) < 1e-9);
	assert_true(fabs(collect_last(&c, "host", "cpu_busiest") - 100) < 1e-9);
	assert_true(collect_last(&c, "host", "network_received") == 1000);
	assert_true(collect_last(&c, "host", "network_sent") == 2000);
	row->close(s);
}

/* A counter that falls and a CPU that goes give no reading instead of a wrong one. */
static void test_counters_that_fall(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	const struct sampler *row = sampler_find("host");
	struct monitor_spec spec = {.root = dir};
	void *s = NULL;
	put("stat", "cpu  100 0 100 800\ncpu0 50 0 50 400\ncpu1 50 0 50 400\n");
	put("net/dev", net_2);
	assert_int_equal(row->open(&spec, &s, &e), 0);
	assert_int_equal(collect_turn(&c, row, s, 10 * NS_PER_S, &e), 0);
	put("stat", "cpu  100 0 100 900\ncpu0 50 0 50 500\n");
	put("net/dev", net_1);
	assert_int_equal(collect_turn(&c, row, s, 11 * NS_PER_S, &e), 0);
	assert_true(isnan(collect_last(&c, "host", "cpu")));
	assert_true(isnan(collect_last(&c, "host", "network_received")));
	put("stat", "cpu  100 0 100 1000\ncpu0 50 0 50 600\n");
	assert_int_equal(collect_turn(&c, row, s, 12 * NS_PER_S, &e), 0);
	assert_true(collect_last(&c, "host", "cpu") == 0);
	put("stat", "btime 12\n");
	assert_int_equal(collect_turn(&c, row, s, 13 * NS_PER_S, &e), -1);
	assert_non_null(strstr(e.text, "no line 'cpu'"));
	row->close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_counters_that_fall),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
