/* tests/unit/media/test-picture.c - made pictures from the real draw worker.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/util.h"
#include "media/picture.h"

static void test_drawn(void **state)
{
	(void)state;
	CLEANUP(free_ptr) char *program = file_find_worker("assay-worker-draw");
	if (!program)
		skip();
	struct painter *p = painter_new();
	struct arena *a = arena_new();
	struct media m, again, other;
	struct err e;
	json_t *scene = json_pack("{s:i, s:i, s:s, s:[{s:s, s:s, s:i, s:i, s:i}]}", "width", 120,
				  "height", 80, "background", "white", "items", "shape", "circle",
				  "color", "red", "x", 60, "y", 40, "size", 30);
	assert_int_equal(painter_draw(p, scene, "c.jpg", "jpeg", a, &m, &e), 0);
	assert_int_equal(m.width, 120);
	assert_int_equal(m.height, 80);
	assert_string_equal(m.mime, "image/jpeg");
	assert_string_equal(m.name, "c.jpg");
	assert_non_null(m.base64);
	assert_int_equal(painter_draw(p, scene, "c.jpg", "jpeg", a, &again, &e), 0);
	assert_string_equal(m.sha256, again.sha256);
	assert_int_equal(painter_draw(p, scene, "c.png", "png", a, &other, &e), 0);
	assert_string_equal(other.mime, "image/png");
	assert_int_equal(painter_draw(p, scene, "c", "gif", a, &other, &e), -1);
	(void)json_object_set_new(scene, "width", json_string("wide"));
	assert_int_equal(painter_draw(p, scene, "c.jpg", "jpeg", a, &other, &e), -1);
	assert_non_null(strstr(e.text, "drawing 'c.jpg'"));
	assert_non_null(strstr(e.text, "width"));
	(void)json_object_set_new(scene, "width", json_integer(60));
	assert_int_equal(painter_draw(p, scene, "c.jpg", "jpeg", a, &other, &e), 0);
	assert_int_equal(other.width, 60);
	json_decref(scene);
	p = painter_free(p);
	arena_freep(&a);
}

static void test_missing(void **state)
{
	(void)state;
	struct painter *p = painter_new();
	struct arena *a = arena_new();
	struct media m;
	struct err e;
	json_t *scene = json_object();
	assert_int_equal(setenv("ASSAY_LIBEXEC", "/nowhere", 1), 0);
	assert_int_equal(painter_draw(p, scene, "c", "png", a, &m, &e), -1);
	assert_int_equal(unsetenv("ASSAY_LIBEXEC"), 0);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
	json_decref(scene);
	p = painter_free(p);
	arena_freep(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drawn),
		cmocka_unit_test(test_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
