/* tests/unit/load/test-allocations.c - ten times as many requests allocate no more memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "shop.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTING 0
#else
#define COUNTING 1
#endif

#define PER_SLOT 40	/* a connection, its buffers, and a thread of the server */

#if COUNTING
static atomic_long allocations;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);

/* These take the place of the C library's, for this program and all that it is linked with. */
void *malloc(size_t size)
{
	atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
	return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
	return __libc_realloc(old, size);
}

/* Streams of events, so that parsers and answers are in it too. */
static void serve_events(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	(void)ctx;
	while (fake_read(c, &in)) {
		(void)fake_say(c, OK_HEAD "Content-Type: text/event-stream\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n");
		for (int i = 0; i < 5; i++)
			(void)fake_chunk(c, "data: {\"choices\":[{\"index\":0,\"delta\":"
					 "{\"content\":\"word \"}}]}\n\n");
		(void)fake_chunk(c, "data: {\"choices\":[{\"index\":0,\"delta\":{},"
				 "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,"
				 "\"completion_tokens\":5}}\n\ndata: [DONE]\n\n");
		(void)fake_say(c, "0\r\n\r\n");
	}
	buf_release(&in);
}

static long count_of(const char *requests, const char *const *law, long *ret_peak)
{
	struct shop s;
	shop_open(&s, serve_events, "openai-chat", "/v1");
	struct load_spec spec = SPEC("requests", requests, "window", "1h", law[0], law[1]);
	long before = atomic_load(&allocations);
	run(&s, spec, true);
	long after = atomic_load(&allocations);
	if (s.run->outcomes[OUTCOME_OK] != s.run->attempted)
		fail_msg("%s: %s", outcome_name(s.run->failures[0].outcome),
			 s.run->failures[0].detail);
	*ret_peak = (long)s.run->concurrency_peak;
	shop_close(&s);
	return after - before;
}
#endif

static void test_no_more_memory(void **state)
{
	(void)state;
#if COUNTING
	static const char *const laws[][2] = {{"concurrency", "4"}, {"rate", "400"}};
	for (size_t i = 0; i < ARRAY_LEN(laws); i++) {
		long peak, higher;
		long few = count_of("40", laws[i], &peak), many = count_of("400", laws[i], &higher);
		/* on a busy machine an open loop has more in flight: each needs a place of its own
		 */
		if (many - few > 90 + PER_SLOT * MAX(higher - peak, 0))
			fail_msg("%ld allocations for 40 requests, %ld for 400", few, many);
	}
#else
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_more_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
