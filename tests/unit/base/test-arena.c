/* tests/unit/base/test-arena.c - memory that is given back all at once.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/arena.h"

static void test_memory_is_zero_and_aligned(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	for (size_t size = 0; size < 70000; size = size * 2 + 1) {
		unsigned char *p = arena_alloc(a, size);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
}

static void test_arrays_grow_and_keep_their_content(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	int *items = NULL;
	size_t n = 0;
	for (int i = 0; i < 1000; i++)
		*ARENA_ADD(a, items, n) = i;
	assert_int_equal(n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
}

static void test_text(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	assert_null(arena_str(a, NULL));
	assert_string_equal(arena_strn(a, "abcdef", 3), "abc");
	assert_string_equal(arena_fmt(a, "%d-%s", 7, "x"), "7-x");
	assert_null(arena_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_is_zero_and_aligned),
		cmocka_unit_test(test_arrays_grow_and_keep_their_content),
		cmocka_unit_test(test_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
