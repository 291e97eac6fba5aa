/* tests/unit/cli/test-live-state.c - twelve hours of a soak take no more room than twelve minutes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/live_state.h"

static void feed(struct live_state *s, uint64_t from_s, uint64_t to_s)
{
	static const char *const names[] = {"utilization", "memory_used", "power"};
	uint64_t start = clock_now();
	for (uint64_t t = from_s; t < to_s; t++) {
		uint64_t at = start + t * NS_PER_S;
		live_state_progress(s, &(struct progress_state){
			.phase = "soak", .done = 0.5, .ok = t, .rate = 10, .in_flight = 2,
			.p50_s = 0.1, .p99_s = t == 5000 ? 9 : 0.2}, at);
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			live_state_reading(s, &(struct reading){
				.source = "npu-smi", .device = "npu 0", .name = names[i],
				.unit = "%", .value = (double)t, .at_ns = at});
	}
}

static size_t size_of(struct live_state *s, size_t *ret_most)
{
	json_t *j = live_state_json(s, 0, clock_now());
	char *text = json_dumps(j, JSON_COMPACT);
	size_t n = strlen(text), i;
	json_t *line;
	*ret_most = 0;
	json_array_foreach(json_object_get(j, "lines"), i, line)
		*ret_most = MAX(*ret_most, json_array_size(json_object_get(line, "t")));
	free(text);
	json_decref(j);
	return n;
}

static void test_constant(void **state)
{
	(void)state;
	struct live_state *s = live_state_new("title", "command");
	size_t most;
	feed(s, 0, 720);
	size_t early = size_of(s, &most);
	assert_true(most <= LIVE_POINTS);
	feed(s, 720, 12 * 3600);
	size_t late = size_of(s, &most);
	assert_true(most <= LIVE_POINTS && most >= LIVE_POINTS / 2);
	if (late > 2 * early)
		fail_msg("%zu bytes after 12 minutes, %zu after 12 hours", early, late);
	live_state_free(s);
}

/* The one bad second is still there after hours of halving: p99 keeps the worst. */
static void test_worst(void **state)
{
	(void)state;
	struct live_state *s = live_state_new(NULL, NULL);
	feed(s, 0, 12 * 3600);
	json_t *j = live_state_json(s, 0, clock_now()), *line, *v;
	double worst = 0, first = INFINITY, last = 0;
	size_t i, k;
	json_array_foreach(json_object_get(j, "lines"), i, line) {
		if (strcmp(json_text(line, "device", ""), "p99") == 0)
			json_array_foreach(json_object_get(line, "v"), k, v)
				worst = fmax(worst, json_number_value(v));
		if (strcmp(json_text(line, "name", ""), "power") != 0)
			continue;
		json_t *at = json_object_get(line, "t");
		first = json_number_value(json_array_get(at, 0));
		last = json_number_value(json_array_get(at, json_array_size(at) - 1));
	}
	assert_true(fabs(worst - 9) < 1e-9);
	/* The line still begins with the run and ends with it. */
	if (first > 200 || last < 12 * 3600 - 200)
		fail_msg("the line goes from %g to %g s", first, last);
	json_decref(j);
	live_state_free(s);
}

/* Only what is new is sent. */
static void test_since(void **state)
{
	(void)state;
	struct live_state *s = live_state_new(NULL, NULL);
	feed(s, 0, 60);
	json_t *all = live_state_json(s, 0, clock_now());
	json_int_t seq = json_integer_value(json_object_get(all, "seq"));
	json_t *none = live_state_json(s, (uint64_t)seq, clock_now()), *line;
	size_t i;
	assert_true(seq > 0);
	json_array_foreach(json_object_get(none, "lines"), i, line)
		assert_int_equal(json_array_size(json_object_get(line, "t")), 0);
	json_decref(all);
	json_decref(none);
	live_state_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_constant),
		cmocka_unit_test(test_worst),
		cmocka_unit_test(test_since),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
