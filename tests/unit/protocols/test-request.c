/* tests/unit/protocols/test-request.c - pieces of requests, and JSON written into them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "protocols/json_text.h"

static void whole(const struct request *r, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < r->n_pieces; i++)
		assert_int_equal(buf_add(out, request_piece_data(r, i), r->pieces[i].len), 0);
	assert_int_equal(out->len, request_length(r));
}

static void test_pieces(void **state)
{
	(void)state;
	struct request r;
	CLEANUP(buf_release) struct buf all = BUF_INIT(BUF_UNLIMITED);
	static const char media[] = "MEDIA";
	request_init(&r);
	assert_int_equal(request_length(&r), 0);
	assert_int_equal(request_add_text(&r, "ab", 2), 0);
	assert_int_equal(request_add_text(&r, "cd", 2), 0);
	assert_int_equal(r.n_pieces, 1);	/* neighbours join */
	assert_int_equal(request_add_media(&r, media, 5), 0);
	assert_int_equal(request_add_media(&r, media, 0), 0);
	assert_int_equal(request_add_text(&r, "", 0), 0);
	assert_int_equal(request_add_text(&r, "ef", 2), 0);
	assert_int_equal(r.n_pieces, 3);
	assert_ptr_equal(request_piece_data(&r, 1), media);	/* borrowed, not copied */
	whole(&r, &all);
	assert_string_equal(all.data, "abcdMEDIAef");

	char *before = r.text.data;
	request_clear(&r);
	assert_int_equal(request_length(&r), 0);
	assert_int_equal(request_add_text(&r, "x", 1), 0);
	assert_ptr_equal(r.text.data, before);	/* memory is kept */
	request_release(&r);
}

static void test_too_many_pieces(void **state)
{
	(void)state;
	struct request r;
	request_init(&r);
	for (int i = 0; i < REQUEST_PIECES_MAX; i++)
		assert_int_equal(request_add_media(&r, "m", 1), 0);
	assert_int_equal(request_add_media(&r, "m", 1), -1);
	struct service s;
	service_defaults(&s);
	struct json_text w = {.service = &s, .out = &r};
	struct err e;
	assert_int_equal(json_text_end(&w, &e), -1);
	assert_non_null(strstr(e.text, "too large"));
	request_release(&r);
}

static void test_json(void **state)
{
	(void)state;
	static const struct service_field fields[] = {{"n", "1.5", "1.5"}, {"taken", "[1]", "[1]"}};
	struct service s;
	service_defaults(&s);
	s.body = json_pack("{s:f, s:[i]}", "n", 1.5, "taken", 1);
	s.fields = fields;
	s.n_fields = 2;
	struct request r;
	request_init(&r);
	struct json_text w;
	json_text_begin(&w, &s, &r);
	json_text_string(&w, "text", "a\"b\\c\n\t\x01 \xe4\xb8\xad");
	json_text_string(&w, "absent", NULL);
	json_text_int(&w, "count", -9007199254740993);
	json_text_real(&w, "real", 0.1);
	json_text_bool(&w, "taken", true);	/* body has it */
	json_text_bool(&w, "yes", true);
	struct err e;
	assert_int_equal(json_text_end(&w, &e), 0);
	CLEANUP(buf_release) struct buf all = BUF_INIT(BUF_UNLIMITED);
	whole(&r, &all);
	CLEANUP(json_unref) json_t *j = json_read(all.data, all.len, 8, &e);
	assert_non_null(j);
	assert_int_equal(json_object_size(j), 6);
	assert_string_equal(json_text(j, "text", ""), "a\"b\\c\n\t\x01 \xe4\xb8\xad");
	int64_t n = 0;
	assert_true(json_whole(j, "count", &n));
	assert_int_equal(n, -9007199254740993);
	double v = 0;
	assert_true(json_number(j, "real", &v));
	assert_true(v == 0.1);
	assert_true(json_number(j, "n", &v));
	assert_true(v == 1.5);
	assert_true(json_is_array(json_at(j, "taken")));
	assert_string_equal(r.head.data, "Content-Type: application/json\r\n");
	request_release(&r);
	service_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_too_many_pieces),
		cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
