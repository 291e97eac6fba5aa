/* tests/unit/monitor/test-page.c - Prometheus pages of exporters and inference servers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/monitor/collect.h"

#include "base/clock.h"
#include "monitor/page.h"

static const char page_1[] =
	"# HELP vllm:num_requests_running Number of requests\n"
	"# TYPE vllm:num_requests_running gauge\n"
	"vllm:num_requests_running{engine=\"0\",model_name=\"a } b\"} 3.0\n"
	"vllm:num_requests_running{engine=\"1\",model_name=\"x\"} 4.0\n"
	"vllm:num_requests_waiting{engine=\"0\"} 2\n"
	"vllm:kv_cache_usage_perc{engine=\"0\"} 0.25\n"
	"vllm:kv_cache_usage_perc{engine=\"1\"} 0.5\n"
	"vllm:generation_tokens_total{engine=\"0\"} 1000\n"
	"vllm:time_to_first_token_seconds_bucket{le=\"0.1\"} 7\n"
	"vllm:time_to_first_token_seconds_sum{engine=\"0\"} 10\n"
	"vllm:time_to_first_token_seconds_count{engine=\"0\"} 20\n"
	"vllm:other{} NaN\n";
static const char page_2[] =
	"vllm:num_requests_running 0\n"
	"vllm:generation_tokens_total{engine=\"0\"} 1600\n"
	"vllm:time_to_first_token_seconds_sum{engine=\"0\"} 13\n"
	"vllm:time_to_first_token_seconds_count{engine=\"0\"} 26\n";
static const char mindie[] =
	"num_requests_running{model_name=\"q\"} 5\nnpu_cache_usage_perc{model_name=\"q\"} 0.75\n"
	"time_between_tokens_seconds_sum 1\ntime_between_tokens_seconds_count 2\n";

static void test_server_pages(void **state)
{
	(void)state;
	struct page_server s;
	assert_int_equal(page_to_server(page_1, strlen(page_1), &s), 6);
	assert_true(s.values[PAGE_RUNNING] == 7);
	assert_true(s.values[PAGE_WAITING] == 2);
	assert_true(s.values[PAGE_CACHE] == 0.5);	/* the fullest engine, not a sum */
	assert_true(s.values[PAGE_TTFT_SUM] == 10 && s.values[PAGE_TTFT_COUNT] == 20);
	assert_true(isnan(s.values[PAGE_TPOT_SUM]));
	assert_int_equal(page_to_server(mindie, strlen(mindie), &s), 4);
	assert_true(s.values[PAGE_CACHE] == 0.75);
	assert_int_equal(page_to_server("<html>", 6, &s), 0);
}

static void test_exporters(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct capture c;
	capture_init(&c, a);
	static const char npu[] =
		"# HELP machine_npu_nums x\nmachine_npu_nums 2\n"
		"npu_chip_info_utilization{id=\"3\",model_name=\"910B3\"} 45 1606402000\n"
		"npu_chip_info_hbm_used_memory{id=\"3\"} 3000 1606402000\n"
		"npu_chip_info_hbm_total_memory{id=\"3\"} 65536 1606402000\n"
		"npu_chip_info_health_status{id=\"3\"} 0 1606402000\n"
		"npu_chip_info_error_code{id=\"3\"} 2416082944 1\n"
		"npu_chip_info_used_memory{id=\"4\"} 100\n"
		"npu_chip_info_total_memory{id=\"4\"} 21527\n"
		"npu_chip_info_power{id=\"x\"} 7\nnpu_chip_info_power{id=\"5\" 7\n";
	assert_true(page_looks_like(npu, strlen(npu)));
	page_to_devices(npu, strlen(npu), &c);
	assert_int_equal(c.total_count, 2);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.devices[0].npu, 3);
	assert_true(c.devices[0].q[Q_UTILIZATION] == 45);	/* and not the timestamp */
	assert_true(c.devices[0].q[Q_MEMORY_USED] == 3000);
	assert_string_equal(c.devices[0].health, "unhealthy");
	assert_int_equal(c.devices[0].error_codes.n, 1);
	assert_true(c.devices[1].q[Q_MEMORY_TOTAL] == 21527);	/* no HBM: that is its memory */
	capture_init(&c, a);
	static const char gpu[] =
		"DCGM_FI_DEV_GPU_UTIL{gpu=\"1\",UUID=\"GPU-9\",modelName=\"NVIDIA H200\"} 12\n"
		"DCGM_FI_DEV_FB_USED{gpu=\"1\"} 4096\nDCGM_FI_DEV_XID_ERRORS{gpu=\"1\"} 0\n";
	page_to_devices(gpu, strlen(gpu), &c);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.devices[0].uuid, "GPU-9");
	assert_true(c.devices[0].q[Q_MEMORY_USED] == 4096);
	assert_true(c.devices[0].error_codes_known && c.devices[0].error_codes.n == 0);
	capture_init(&c, a);
	page_to_devices("up 1\n", 5, &c);
	assert_non_null(c.error);
	(void)arena_free(a);
}

static void test_labels(void **state)
{
	(void)state;
	struct span v;
	struct span labels = span_of("a=\"1\",bb=\"x,\\\"y\",c=\"\"");
	assert_true(page_label(labels, "bb", &v));
	assert_true(span_is(v, "x,\\\"y"));
	assert_true(page_label(labels, "c", &v));
	assert_int_equal(v.len, 0);
	assert_false(page_label(labels, "b", &v));
	assert_false(page_label(span_of("a=\"1"), "a", &v));
	assert_false(page_label(span_of("a=1"), "a", &v));
	for (size_t len = 0; len < sizeof(page_1); len++) {	/* cut anywhere */
		char *copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, page_1, len);
		struct page_server s;
		(void)page_to_server(copy, len, &s);
		assert_true(isnan(s.values[PAGE_RUNNING]) || s.values[PAGE_RUNNING] == 7 ||
			    s.values[PAGE_RUNNING] == 3 || s.values[PAGE_RUNNING] == 4);
		free(copy);
	}
}

/* The pages that the "server" has, one after the other. */
static const char *served;
static int served_status = 200;
static int asked;

static int fetch(const char *url, uint64_t timeout_ns, struct buf *body, int *ret_status,
		 struct err *e)
{
	(void)url;
	asked++;
	assert_true(timeout_ns > 0);
	if (!served)
		return err_set(e, ERR_SYSTEM, "refused");
	*ret_status = served_status;
	return buf_str(body, served);
}

static void test_sampler(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	const struct sampler *row = sampler_find("prometheus");
	struct monitor_target target = {.name = "vlm", .metrics_url = "http://x/metrics"};
	struct monitor_spec spec = {.every_ns = NS_PER_S, .targets = &target, .n_targets = 1};
	void *s = NULL;
	assert_int_equal(row->open(&spec, &s, &e), -1);
	assert_non_null(strstr(e.text, "cannot be fetched"));
	spec.fetch = fetch;
	assert_int_equal(row->open(&spec, &s, &e), 0);
	served = page_1;
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	assert_true(collect_last(&c, "vlm", "server_running") == 7);
	assert_true(collect_last(&c, "vlm", "server_cache") == 50);
	assert_true(isnan(collect_last(&c, "vlm", "server_ttft")));	/* one page: no mean yet */
	served = page_2;
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	assert_true(collect_last(&c, "vlm", "server_running") == 0);
	assert_true(fabs(collect_last(&c, "vlm", "server_ttft") - 0.5) < 1e-12);
	assert_true(collect_last(&c, "vlm", "server_output_tokens") > 0);
	size_t n = c.n;
	served = page_1;	/* counters fell: the server was restarted */
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	for (size_t i = n; i < c.n; i++)
		assert_true(strcmp(c.items[i].name, "server_ttft") != 0 &&
			    strcmp(c.items[i].name, "server_output_tokens") != 0);
	served = NULL;
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), -1);
	assert_string_equal(e.text, "refused");
	int before = asked;
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 1);	/* left alone a while */
	assert_int_equal(asked, before);
	row->close(s);
}

static void test_pages_of_no_use(void **state)
{
	(void)state;
	struct err e;
	static struct collect c = COLLECT_INIT;
	const struct sampler *row = sampler_find("prometheus");
	const char *urls[] = {"http://x/metrics"};
	struct monitor_spec spec = {.every_ns = NS_PER_S, .pages = {urls, 1}, .fetch = fetch};
	static const char *const texts[] = {"<html>hello</html>", ""};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		void *s = NULL;
		served = texts[i];
		assert_int_equal(row->open(&spec, &s, &e), 0);
		assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), -1);
		assert_non_null(strstr(e.text, "no metric that is known"));
		row->close(s);
	}
	void *s = NULL;
	served = page_1;
	served_status = 503;
	assert_int_equal(row->open(&spec, &s, &e), 0);
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), -1);
	assert_non_null(strstr(e.text, "status 503"));
	row->close(s);
	assert_int_equal(c.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_pages),
		cmocka_unit_test(test_exporters),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_sampler),
		cmocka_unit_test(test_pages_of_no_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
