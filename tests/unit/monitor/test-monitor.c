/* tests/unit/monitor/test-monitor.c - the sampler thread: rounds, series, and what is left out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/monitor/collect.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

static struct monitor_target self = {.name = "me"};

static const struct series *find(const struct result *r, const char *device, const char *name)
{
	for (size_t i = 0; i < r->n_series; i++)
		if (strcmp(r->series[i]->device, device) == 0 &&
		    strcmp(r->series[i]->name, name) == 0)
			return r->series[i];
	return NULL;
}

static void test_series_of_a_run(void **state)
{
	(void)state;
	need_own_stat();
	struct err e;
	static struct collect c = COLLECT_INIT;
	struct monitor_spec spec;
	monitor_defaults(&spec);
	assert_int_equal(spec.every_ns, NS_PER_S);
	spec.every_ns = 20 * NS_PER_MS;
	const char *names[] = {"host", "process"};
	spec.samplers = (struct strings){names, 2};
	self.pid = getpid();
	spec.targets = &self;
	spec.n_targets = 1;
	spec.listener = collect_listener(&c);
	struct monitor *m = NULL;
	uint64_t start = clock_now();
	assert_int_equal(monitor_start(&spec, &m, &e), 0);
	assert_true(collect_wait(&c, 5));
	struct strings why = {0};
	struct result *r = result_new();
	monitor_why_not(m, &why, r->arena);
	assert_int_equal(why.n, 0);
	assert_null(monitor_stop(m, r));
	uint64_t end = clock_now();
	char device[64];
	(void)snprintf(device, sizeof(device), "me pid %d", (int)getpid());
	const struct series *s = find(r, device, "rss");
	assert_non_null(s);
	assert_string_equal(s->source, "process");
	assert_string_equal(s->unit, "B");
	assert_true(s->n >= 6);		/* five rounds and one at the end */
	for (size_t i = 0; i < s->n; i++) {
		assert_true(s->at_ns[i] >= (i ? s->at_ns[i - 1] : start) && s->at_ns[i] <= end);
		assert_true(s->values[i] > 0);
	}
	const struct series *load = find(r, "host", "load1");
	assert_non_null(load);
	assert_true(load->n >= 6);
	for (size_t i = 0; i < r->n_series; i++)	/* one series each */
		for (size_t k = 0; k < i; k++)
			assert_false(strcmp(r->series[i]->device, r->series[k]->device) == 0 &&
				     strcmp(r->series[i]->name, r->series[k]->name) == 0 &&
				     strcmp(r->series[i]->source, r->series[k]->source) == 0);
	(void)result_free(r);
}

static void test_left_out(void **state)
{
	(void)state;
	struct err e;
	struct arena *a = arena_new();
	struct monitor_spec spec;
	monitor_defaults(&spec);
	const char *names[] = {"process"};
	spec.samplers = (struct strings){names, 1};
	struct monitor *m = NULL;
	assert_int_equal(monitor_start(&spec, &m, &e), 0);
	struct strings why = {0};
	monitor_why_not(m, &why, a);
	assert_int_equal(why.n, 1);
	assert_non_null(strstr(why.items[0], "process: no process is known"));
	assert_null(monitor_stop(m, NULL));
	names[0] = "hots";
	assert_int_equal(monitor_start(&spec, &m, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_non_null(strstr(e.text, "did you mean 'host'"));
	assert_null(monitor_stop(NULL, NULL));
	(void)arena_free(a);
}

/* Stopping does not wait for the next round. */
static void test_stops_at_once(void **state)
{
	(void)state;
	struct err e;
	struct monitor_spec spec;
	monitor_defaults(&spec);
	const char *names[] = {"host"};
	spec.samplers = (struct strings){names, 1};
	spec.every_ns = 3600 * NS_PER_S;
	struct monitor *m = NULL;
	assert_int_equal(monitor_start(&spec, &m, &e), 0);
	uint64_t start = clock_now();
	struct result *r = result_new();
	(void)monitor_stop(m, r);
	assert_true(clock_now() - start < 10 * NS_PER_S);
	const struct series *used = find(r, "host", "memory_used");
	assert_non_null(used);
	assert_int_equal(used->n, 2);	/* the first and the last round */
	(void)result_free(r);
}

static void test_failing_process_is_told(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	struct arena *a = arena_new();
	struct monitor_spec spec;
	monitor_defaults(&spec);
	spec.every_ns = 20 * NS_PER_MS;
	struct monitor_target gone = {.name = "asr", .pid = 0x7ffffff0};
	spec.targets = &gone;
	spec.n_targets = 1;
	const char *names[] = {"process"};
	spec.samplers = (struct strings){names, 1};
	spec.listener = collect_listener(&c);
	struct monitor *m = NULL;
	assert_int_equal(monitor_start(&spec, &m, &e), 0);
	assert_true(collect_wait(&c, 2));
	struct strings why = {0};
	monitor_why_not(m, &why, a);
	assert_int_equal(why.n, 1);
	assert_non_null(strstr(why.items[0], "asr pid 2147483632 is gone"));
	(void)monitor_stop(m, NULL);
	(void)arena_free(a);
}

static void test_environment(void **state)
{
	(void)state;
	json_t *j = monitor_environment();
	assert_true(strlen(json_text(j, "host.kernel", "")) > 0);
	double cpus, bytes;
	assert_true(json_number(j, "host.cpus", &cpus) && cpus >= 1);
	assert_true(json_number(j, "host.memory_bytes", &bytes) && bytes > 1e6);
	assert_true(json_is_array(json_object_get(j, "devices")));
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_series_of_a_run),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_stops_at_once),
		cmocka_unit_test(test_failing_process_is_told),
		cmocka_unit_test(test_environment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
