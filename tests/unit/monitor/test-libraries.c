/* tests/unit/monitor/test-libraries.c - DCMI and NVML through libraries that work, fail and lie.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/monitor/collect.h"

#include <limits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

/* The libraries are built beside this program. */
static int set_up(void **state)
{
	char self[PATH_MAX], path[PATH_MAX + 64];
	(void)state;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return -1;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	(void)snprintf(path, sizeof(path), "%s/unit/monitor/libfake-dcmi.so", self);
	if (access(path, R_OK) != 0 || setenv("ASSAY_LIBDCMI", path, 1) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/unit/monitor/libfake-nvml.so", self);
	return access(path, R_OK) == 0 ? setenv("ASSAY_LIBNVML", path, 1) : -1;
}

static int open_as(const char *name, const char *variable, const char *mode, void **ret,
		   struct err *e)
{
	struct monitor_spec spec = {0};
	(void)setenv(variable, mode, 1);
	return sampler_find(name)->open(&spec, ret, e);
}

static void test_dcmi_values(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	void *s = NULL;
	const struct sampler *row = sampler_find("dcmi");
	assert_int_equal(open_as("dcmi", "FAKE_DCMI", "ok", &s, &e), 0);
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	assert_true(collect_last(&c, "npu 1 chip 0", "utilization") == 10);
	assert_true(collect_last(&c, "npu 8 chip 0", "utilization") == 80);
	assert_true(isnan(collect_last(&c, "npu 1 chip 1", "utilization")));	/* controller */
	assert_true(collect_last(&c, "npu 8 chip 0", "memory_used") == 3000. * 1048576);
	assert_true(collect_last(&c, "npu 8 chip 0", "memory_total") == 65536. * 1048576);
	assert_true(collect_last(&c, "npu 8 chip 0", "power") == 93.5);
	assert_true(collect_last(&c, "npu 8 chip 0", "temperature") == 40);
	assert_true(collect_last(&c, "npu 3 chip 0", "healthy") == 0);
	assert_true(collect_last(&c, "npu 3 chip 0", "error_codes") == 1);
	assert_true(isnan(collect_last(&c, "npu 1 chip 0", "clock")));	/* it has no such call */
	size_t n = c.n;
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	assert_true(c.n - n < n);	/* health is not asked every time */
	json_t *j = row->once(s, &e);
	int64_t pid = 0;
	assert_true(json_whole(j, "devices.0.processes.0.pid", &pid) && pid == 4711);
	assert_string_equal(json_text(j, "devices.2.health", ""), "Alarm");
	assert_string_equal(json_text(j, "devices.2.error_codes.0", ""), "8C03A000");
	assert_string_equal(json_text(j, "devices.0.name", ""), "910B3");
	json_decref(j);
	(void)setenv("FAKE_DCMI", "gone", 1);
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), -1);
	assert_non_null(strstr(e.text, "no reading of npu 8"));
	row->close(s);
}

static void test_dcmi_lies_are_unknown(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	void *s = NULL;
	const struct sampler *row = sampler_find("dcmi");
	assert_int_equal(open_as("dcmi", "FAKE_DCMI", "lie", &s, &e), 0);
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), -1);
	static const char *const names[] = {"utilization", "temperature", "power", "memory_used",
					    "memory_temperature", "memory_bandwidth", "healthy"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_true(isnan(collect_last(&c, "npu 1 chip 0", names[i])));
	row->close(s);
}

static void test_dcmi_products(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	void *s = NULL;
	const struct sampler *row = sampler_find("dcmi");
	assert_int_equal(open_as("dcmi", "FAKE_DCMI", "310p", &s, &e), 0);
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	assert_true(collect_last(&c, "npu 1 chip 0", "memory_used") == 1527. * 1048576);
	assert_true(isnan(collect_last(&c, "npu 1 chip 0", "power")));
	row->close(s);
	assert_int_equal(open_as("dcmi", "FAKE_DCMI", "v2", &s, &e), 0);
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	assert_true(collect_last(&c, "npu 1", "utilization") == 61);
	row->close(s);
	assert_int_equal(open_as("dcmi", "FAKE_DCMI", "many", &s, &e), 0);
	row->close(s);
}

static void test_dcmi_that_fails(void **state)
{
	(void)state;
	struct err e;
	void *s = NULL;
	assert_int_equal(open_as("dcmi", "FAKE_DCMI", "fail", &s, &e), -1);
	assert_non_null(strstr(e.text, "-8005"));
	assert_int_equal(open_as("dcmi", "FAKE_DCMI", "used", &s, &e), -1);
	assert_non_null(strstr(e.text, "another container"));
	const char *kept = getenv("ASSAY_LIBDCMI");
	char *copy = strdup(kept);
	(void)setenv("ASSAY_LIBDCMI", "/nonexistent/libdcmi.so", 1);
	assert_int_equal(open_as("dcmi", "FAKE_DCMI", "ok", &s, &e), -1);
	assert_non_null(strstr(e.text, "cannot be loaded"));
	(void)setenv("ASSAY_LIBDCMI", getenv("ASSAY_LIBNVML"), 1);	/* another's library */
	assert_int_equal(open_as("dcmi", "FAKE_DCMI", "ok", &s, &e), -1);
	assert_non_null(strstr(e.text, "lacks the functions"));
	(void)setenv("ASSAY_LIBDCMI", copy, 1);
	free(copy);
}

static void test_nvml(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	void *s = NULL;
	const struct sampler *row = sampler_find("nvml");
	assert_int_equal(open_as("nvml", "FAKE_NVML", "ok", &s, &e), 0);
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	assert_true(collect_last(&c, "gpu 1", "utilization") == 33);
	assert_true(collect_last(&c, "gpu 1", "memory_used") == 400. * 1048576);
	assert_true(fabs(collect_last(&c, "gpu 0", "power") - 123.456) < 1e-9);
	assert_true(isnan(collect_last(&c, "gpu 0", "temperature")));
	json_t *j = row->once(s, &e);
	assert_string_equal(json_text(j, "devices.0.name", ""), "NVIDIA H200");
	assert_string_equal(json_text(j, "versions.driver", ""), "570.1");
	json_decref(j);
	row->close(s);
	assert_int_equal(open_as("nvml", "FAKE_NVML", "lost", &s, &e), 0);
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), -1);
	assert_non_null(strstr(e.text, "gpu 1"));
	row->close(s);
	assert_int_equal(open_as("nvml", "FAKE_NVML", "mismatch", &s, &e), -1);
	assert_non_null(strstr(e.text, "version mismatch (18)"));
	assert_int_equal(open_as("nvml", "FAKE_NVML", "none", &s, &e), -1);
}

/* "auto" reads through the library and leaves the tool out. */
static void test_once_and_auto(void **state)
{
	(void)state;
	struct err e;
	struct monitor_spec spec;
	monitor_defaults(&spec);
	(void)setenv("FAKE_DCMI", "ok", 1);
	(void)setenv("FAKE_NVML", "ok", 1);
	json_t *j = monitor_once(&spec, &e);
	assert_int_equal(json_array_size(json_object_get(j, "devices")), 10);
	assert_null(json_object_get(j, "error"));
	json_decref(j);
	(void)setenv("FAKE_DCMI", "fail", 1);
	(void)setenv("FAKE_NVML", "none", 1);
	j = monitor_once(&spec, &e);
	assert_int_equal(json_array_size(json_object_get(j, "devices")), 0);
	assert_true(strlen(json_text(j, "error.message", "")) > 0);
	assert_true(json_array_size(json_object_get(j, "skipped")) >= 3);
	json_decref(j);
}

/* Eight devices, once a second: the reading costs less than half a percent of a core. */
static void test_cost(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	void *s = NULL;
	const struct sampler *row = sampler_find("dcmi");
	assert_int_equal(open_as("dcmi", "FAKE_DCMI", "ok", &s, &e), 0);
	uint64_t before = clock_thread_cpu();
	for (int i = 0; i < 100; i++)
		(void)collect_turn(&c, row, s, clock_now(), &e);
	double each = ns_to_s(clock_thread_cpu() - before) / 100;
	print_message("# a round of 8 devices takes %.0f us of CPU\n", each * 1e6);
	assert_true(each < 0.005);
	row->close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dcmi_values),
		cmocka_unit_test(test_dcmi_lies_are_unknown),
		cmocka_unit_test(test_dcmi_products),
		cmocka_unit_test(test_dcmi_that_fails),
		cmocka_unit_test(test_nvml),
		cmocka_unit_test(test_once_and_auto),
		cmocka_unit_test(test_cost),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
