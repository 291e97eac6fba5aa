/* tests/unit/load/test-shapes.c - what requests of a chat say: their lengths, sessions, pictures.
 * SPDX-License-Identifier: Apache-2.0 */
#include "shop.h"

#include <pthread.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/yaml.h"
#include "image/encode.h"
#include "load/amount.h"
#include "protocols/filler.h"
#include "result/parts.h"

#define ASKED_MAX 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static json_t *asked[ASKED_MAX];	/* bodies in the order in which they came */
static int n_asked, fail_at;

/* Request i is answered "answer i"; the one with number fail_at goes wrong. */
static void serve_chat(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(8 << 20);
	(void)ctx;
	while (fake_read(c, &in)) {
		char body[160], reply[320];
		const char *text = strstr(in.data, "\r\n\r\n");
		assert(text);
		json_t *j = json_read(text + 4, in.len - (size_t)(text + 4 - in.data), 64, NULL);
		assert(j);
		(void)pthread_mutex_lock(&lock);
		assert(n_asked < ASKED_MAX);
		int i = n_asked++;
		asked[i] = j;
		(void)pthread_mutex_unlock(&lock);
		(void)snprintf(body, sizeof(body), "{\"choices\":[{\"index\":0,\"message\":"
			       "{\"content\":\"answer \\\"%d\\\"\"},\"finish_reason\":"
			       "\"stop\"}]}", i);
		(void)snprintf(reply, sizeof(reply), "HTTP/1.1 %s\r\nContent-Type: application/"
			       "json\r\nContent-Length: %zu\r\n\r\n%s",
			       i + 1 == fail_at ? "500 No" : "200 OK", strlen(body), body);
		(void)fake_say(c, reply);
	}
	buf_release(&in);
}

static int forget(void **state)
{
	(void)state;
	for (int i = 0; i < n_asked; i++)
		json_decref(asked[i]);
	n_asked = fail_at = 0;
	return 0;
}

static void put_load(struct shop *s, struct load_work work, struct load_spec spec)
{
	struct err e = {0};
	int before = n_asked;
	work.service = &s->service;
	ask_defaults(&work.ask);
	s->run = result_add_run(s->result, "test", "unit");
	if (load_run(&spec, &work, s->result, s->run, NULL, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(s->run->attempted, n_asked - before);
}

static const char *said(int request, size_t message, const char **ret_role)
{
	const json_t *m = json_array_get(json_object_get(asked[request], "messages"), message);
	if (ret_role)
		*ret_role = json_string_value(json_object_get(m, "role"));
	return json_string_value(json_object_get(m, "content"));
}

static size_t n_messages(int request)
{
	return json_array_size(json_object_get(asked[request], "messages"));
}

static void test_sessions(void **state)
{
	struct shop s;
	const struct sample talk[] = {{.id = "a", .system = "Be kind.", .question = "q?"}};
	struct load_work work = {.samples = talk, .n_samples = 1, .unique_prompts = true};
	const char *role;
	(void)state;
	shop_open(&s, serve_chat, "openai-chat", "/v1");
	put_load(&s, work, SPEC("requests", "7", "turns", "3"));
	static const size_t sizes[] = {2, 4, 6, 2, 4, 6, 2};
	for (int i = 0; i < 7; i++)
		assert_int_equal(n_messages(i), sizes[i]);
	/* the history is what was sent and what was answered, to the byte */
	assert_string_equal(said(2, 0, NULL), said(0, 0, NULL));
	assert_string_equal(said(2, 1, &role), "q?");
	assert_string_equal(role, "user");
	assert_string_equal(said(2, 2, &role), "answer \"0\"");
	assert_string_equal(role, "assistant");
	assert_string_equal(said(2, 3, NULL), "q?");
	assert_string_equal(said(2, 4, NULL), "answer \"1\"");
	/* one nonce for each session, in front of everything */
	assert_true(strcmp(said(3, 0, NULL), said(0, 0, NULL)) != 0);
	assert_true(str_ends(said(0, 0, NULL), " Be kind."));
	shop_close(&s);
}

/* A conversation that brings its own next questions asks those, and ends with them. */
static void test_sessions_of_a_conversation(void **state)
{
	struct shop s;
	const struct sample next[] = {{.id = "a", .question = "And why?"},
				      {.id = "a", .question = "Sure?"}};
	const struct sample talk[] = {{.id = "a", .question = "q?", .follow_ups = next,
				       .n_follow_ups = 2}};
	struct load_work work = {.samples = talk, .n_samples = 1, .unique_prompts = true};
	(void)state;
	shop_open(&s, serve_chat, "openai-chat", "/v1");
	put_load(&s, work, SPEC("requests", "8", "turns", "9"));
	static const size_t sizes[] = {1, 3, 5, 1, 3, 5, 1, 3};
	for (int i = 0; i < 8; i++)
		assert_int_equal(n_messages(i), sizes[i]);
	assert_true(str_ends(said(2, 0, NULL), " q?"));
	assert_string_equal(said(2, 1, NULL), "answer \"0\"");
	assert_string_equal(said(2, 2, NULL), "And why?");
	assert_string_equal(said(2, 4, NULL), "Sure?");
	shop_close(&s);
	/* turns still is the most that a session has; 1 is none at all */
	(void)forget(NULL);
	shop_open(&s, serve_chat, "openai-chat", "/v1");
	put_load(&s, work, SPEC("requests", "3", "turns", "2"));
	assert_int_equal(n_messages(1), 3);
	assert_int_equal(n_messages(2), 1);
	shop_close(&s);
	(void)forget(NULL);
	shop_open(&s, serve_chat, "openai-chat", "/v1");
	put_load(&s, work, SPEC("requests", "3"));
	assert_int_equal(n_messages(2), 1);
	shop_close(&s);
}

/* Nobody goes on with a session in which an answer is missing. */
static void test_broken_session(void **state)
{
	struct shop s;
	const struct sample talk[] = {{.id = "a", .question = "q?"}};
	struct load_work work = {.samples = talk, .n_samples = 1};
	(void)state;
	fail_at = 2;
	shop_open(&s, serve_chat, "openai-chat", "/v1");
	put_load(&s, work, SPEC("requests", "5", "turns", "3"));
	static const size_t sizes[] = {1, 3, 1, 3, 5};
	for (int i = 0; i < 5; i++)
		assert_int_equal(n_messages(i), sizes[i]);
	shop_close(&s);
}

static void test_lengths(void **state)
{
	struct shop s;
	const struct sample talk[] = {{.id = "a", .question = "What is that?"}};
	struct load_work work = {.samples = talk, .n_samples = 1, .unique_prompts = true};
	bool differ = false;
	(void)state;
	shop_open(&s, serve_chat, "openai-chat", "/v1");
	put_load(&s, work, SPEC("requests", "20", "prompt_tokens", "uniform:40,60",
				"output_tokens", "normal:30,5"));
	for (int i = 0; i < 20; i++) {
		int64_t words = filler_count(said(i, 0, NULL));
		json_int_t most = json_integer_value(json_object_get(asked[i], "max_tokens"));
		assert_true(words >= 40 && words <= 60);
		assert_true(most >= 1 && most <= 60);
		assert_true(str_ends(said(i, 0, NULL), " What is that?"));
		for (int k = 0; k < i; k++) {
			differ = differ || filler_count(said(k, 0, NULL)) != words;
			assert_true(strncmp(said(k, 0, NULL), said(i, 0, NULL), 40) != 0);
		}
	}
	assert_true(differ);
	shop_close(&s);
}

/* A trace says how long its requests were. */
static void test_trace_sizes(void **state)
{
	struct shop s;
	const struct sample talk[] = {{.id = "a", .question = "What is that?"}};
	struct load_work work = {.samples = talk, .n_samples = 1};
	static const char lines[] =
		"{\"timestamp\": 0, \"prompt_tokens\": 30, \"output_tokens\": 5}\n"
		"{\"timestamp\": 0.05, \"input_length\": 70, \"output_length\": 9}\n"
		"{\"timestamp\": 0.1}\n";
	char path[] = "/tmp/assay-shapes-XXXXXX", word[80];
	int fd = mkstemp(path);
	(void)state;
	assert_true(fd >= 0 && write(fd, lines, strlen(lines)) == (ssize_t)strlen(lines));
	close_fd(&fd);
	(void)snprintf(word, sizeof(word), "trace:%s", path);
	shop_open(&s, serve_chat, "openai-chat", "/v1");
	put_load(&s, work, SPEC("arrival", word));
	/* on a busy machine they may come in another order */
	static const int64_t words[] = {30, 70, 3}, most[] = {5, 9, 0};
	int found = 0;
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 3; k++)
			if (filler_count(said(i, 0, NULL)) == words[k] && json_integer_value(
				    json_object_get(asked[i], "max_tokens")) == most[k])
				found |= 1 << k;
	assert_int_equal(found, 7);
	shop_close(&s);
	(void)remove(path);
}

/* The picture that a request shows, by the hash of what it says. */
static void picture_of(int request, size_t which, struct buf *bytes)
{
	const json_t *m = json_array_get(json_object_get(asked[request], "messages"), 0);
	const json_t *part = json_array_get(json_object_get(m, "content"), which);
	const json_t *url = json_object_get(json_object_get(part, "image_url"), "url");
	const char *text = json_string_value(url);
	assert_true(str_starts(text, "data:image/jpeg;base64,"));
	buf_clear(bytes);
	assert_int_equal(base64_decode(text + 23, strlen(text) - 23, bytes), 0);
}

static void make_picture(struct buf *jpeg, uint64_t seed)
{
	static unsigned char rgb[96 * 64 * 3];
	struct rng r;
	rng_init(&r, seed);
	for (size_t i = 0; i < sizeof(rgb); i++)
		rgb[i] = (unsigned char)(rng_next(&r) >> 56);
	assert_int_equal(image_encode_jpeg(rgb, 96, 64, 85, jpeg, NULL), 0);
}

/* Results hold numbers, never what was sent. */
static void check_result(const struct run *run, const struct buf *jpeg)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf base64 = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(json_unref) json_t *j = run_to_json(run, 0);
	assert_int_equal(base64_encode(jpeg->data, 300, &base64), 0);
	assert_int_equal(json_write(j, false, &text), 0);
	assert_non_null(strstr(text.data, "\"counts\""));
	assert_null(memmem(text.data, text.len, base64.data, 32));
	assert_null(memmem(text.data, text.len, base64.data + 360, 32));
}

static void test_pictures(void **state)
{
	struct shop s;
	CLEANUP(buf_release) struct buf jpeg = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf one = BUF_INIT(BUF_UNLIMITED);
	char seen[16][HASH_HEX];
	(void)state;
	make_picture(&jpeg, 1);
	const struct media m = {.name = "a.jpg", .mime = "image/jpeg", .data = jpeg.data,
				.len = jpeg.len};
	const struct media *images[] = {&m, &m};
	const struct sample talk[] = {
		{.id = "a", .question = "q?", .images = images, .n_images = 2}};
	struct load_work work = {.samples = talk, .n_samples = 1, .unique_images = true};
	for (int unique = 0; unique < 2; unique++) {
		work.unique_images = unique == 1;
		shop_open(&s, serve_chat, "openai-chat", "/v1");
		put_load(&s, work, SPEC("requests", "8"));
		for (int i = 0; i < 16; i++) {
			picture_of(i / 2, (size_t)i % 2, &one);
			hash_sha256(one.data, one.len, seen[i]);
			for (int k = 0; k < i; k++)
				assert_int_equal(strcmp(seen[i], seen[k]) != 0, unique);
		}
		check_result(s.run, &jpeg);
		shop_close(&s);
		(void)forget(NULL);
	}
}

/* A picture that cannot have pixels of its own goes as it is, and the result says so, once. */
static void test_fixed_pictures(void **state)
{
	struct shop s;
	CLEANUP(buf_release) struct buf jpeg = BUF_INIT(BUF_UNLIMITED);
	static const char gif[] = "GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0"
				  "\2\2\x44\1\0;";
	(void)state;
	make_picture(&jpeg, 1);
	const struct media pictures[] = {
		{.name = "a.jpg", .mime = "image/jpeg", .data = jpeg.data, .len = jpeg.len},
		{.name = "a.gif", .mime = "image/gif", .data = gif, .len = sizeof(gif) - 1},
	};
	const struct media *images[] = {&pictures[0], &pictures[1]};
	const struct sample talk[] = {
		{.id = "a", .question = "q?", .images = images, .n_images = 2}};
	struct load_work work = {.samples = talk, .n_samples = 1, .unique_images = true};
	shop_open(&s, serve_chat, "openai-chat", "/v1");
	put_load(&s, work, SPEC("requests", "2"));
	put_load(&s, work, SPEC("requests", "2"));
	assert_int_equal(s.result->skipped.n, 1);
	assert_non_null(strstr(s.result->skipped.items[0], "1 of 2 pictures sent without pixels"));
	shop_close(&s);
	(void)forget(NULL);
	const struct sample good[] = {
		{.id = "a", .question = "q?", .images = images, .n_images = 1}};
	work.samples = good;
	shop_open(&s, serve_chat, "openai-chat", "/v1");
	put_load(&s, work, SPEC("requests", "2"));
	assert_int_equal(s.result->skipped.n, 0);
	shop_close(&s);
}

static void refused(const char *const *words, const char *protocol, const char *why)
{
	struct shop s;
	struct err e = {0};
	shop_open(&s, serve_text, protocol, "/v1");
	struct load_spec spec = spec_of(words);
	struct load_work work = {.service = &s.service, .samples = samples, .n_samples = 1};
	if (strcmp(protocol, "null") == 0)
		s.service.kind = "asr";
	ask_defaults(&work.ask);
	s.run = result_add_run(s.result, "test", "unit");
	assert_int_equal(load_run(&spec, &work, s.result, s.run, NULL, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	if (!strstr(e.text, why))
		fail_msg("'%s' does not say '%s'", e.text, why);
	shop_close(&s);
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_refused(void **state)
{
	(void)state;
	refused(WORDS("rate", "5", "requests", "5", "turns", "2"), "openai-chat", "closed loop");
	refused(WORDS("requests", "5", "turns", "2"), "null", "for chat");
	refused(WORDS("requests", "5", "prompt_tokens", "9"), "null", "for chat");
}

static int read_amount(const char *text, struct amount *m)
{
	static struct arena *a;
	struct load_spec spec = {0};
	struct optset set = {.rows = load_options, .to = &spec};
	if (!a)
		a = arena_new();
	int rc = opt_set(&set, "prompt_tokens", text, a, NULL);
	*m = spec.prompt_tokens;
	return rc;
}

static void test_amounts(void **state)
{
	static const char *const bad[] = {"", "0", "-1", "1.5", "uniform:5", "uniform:9,3",
					  "uniform:0,4", "normal:0,1", "normal:5", "normal:x,y",
					  "poisson:4", "lognormal:5,9", "1e9", "nan"};
	struct amount m;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (read_amount(bad[i], &m) == 0)
			fail_msg("'%s' was taken", bad[i]);
	static const struct {
		const char *text;
		double mean, within;
		int64_t least, most;
	} rows[] = {
		{"512", 512, 0, 512, 512},
		{"uniform:1,9", 5, 0.1, 1, 9},
		{"normal:100,20", 100, 1, 1, 200},
		{"lognormal:100,0.5", 113.3, 3, 1, 2000},	/* median × e^(s²/2) */
		{"normal:1,50", 40, 3, 1, 400},			/* what is below 1 is drawn again */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		double sum = 0;
		assert_int_equal(read_amount(rows[i].text, &m), 0);
		for (uint64_t k = 0; k < 20000; k++) {
			int64_t n = amount_draw(&m, 7, "x", k);
			assert_true(n >= rows[i].least && n <= rows[i].most);
			assert_int_equal(n, amount_draw(&m, 7, "x", k));
			sum += (double)n;
		}
		if (fabs(sum / 20000 - rows[i].mean) > rows[i].within)
			fail_msg("%s: mean %f", rows[i].text, sum / 20000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_sessions, forget),
		cmocka_unit_test_teardown(test_sessions_of_a_conversation, forget),
		cmocka_unit_test_teardown(test_broken_session, forget),
		cmocka_unit_test_teardown(test_lengths, forget),
		cmocka_unit_test_teardown(test_trace_sizes, forget),
		cmocka_unit_test_teardown(test_pictures, forget),
		cmocka_unit_test_teardown(test_fixed_pictures, forget),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_amounts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
