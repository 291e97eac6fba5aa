/* tests/unit/load/test-speech.c - what is measured of speech that is streamed as raw samples of
 * several channels, against what the server did.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../stamps.h"
#include "shop.h"

#include "base/yaml.h"

#define RATE 8000
#define PIECES 3
#define PIECE_S 0.1
#define SLACK_S 0.003	/* between a reading of the clock and the kernel's stamp */

/* One tenth of a second in each piece, but for a byte that is sent too early or too late: pieces
 * of a stream do not end with a frame. The second comes in time, the third 0.2 s too late. */
static const uint64_t moments[PIECES] = {0, 40 * MS, 400 * MS};
static const int early[PIECES] = {1, -3, 2};

struct voice {
	struct shop shop;
	size_t frame;	/* bytes of it, as they are sent */
};

static void serve_speech(struct fake_conn *c, void *ctx)
{
	struct voice *v = ctx;
	struct truth *t = v->shop.truths;
	struct buf in = BUF_INIT(1 << 20);
	size_t piece = (size_t)(RATE * PIECE_S) * v->frame;
	char sound[1 << 16];
	for (size_t i = 0; i < sizeof(sound); i++)
		sound[i] = (char)(i * 7);
	if (fake_read(c, &in)) {
		t->asked = c->read_at;
		(void)fake_say(c, OK_HEAD "Connection: close\r\n\r\n");
		for (int i = 0; i < PIECES; i++) {
			(void)fake_wait_until(t->asked + moments[i]);
			t->before[i] = clock_now();
			(void)fake_send(c, sound, (size_t)((int)piece + early[i]));
			t->after[i] = clock_now();
		}
	}
	buf_release(&in);
}

static void speak(struct voice *v, const char *format, int channels, size_t frame)
{
	static const struct sample text = {.id = "one", .text = "one"};
	struct shop *s = &v->shop;
	struct err e = {0};
	*v = (struct voice){.frame = frame};
	s->arena = arena_new();
	s->truths = calloc(1, sizeof(*s->truths));
	s->server = fake_start(&(struct fake_spec){serve_speech, v, NULL});
	const char *yaml = arena_fmt(s->arena, "{protocol: cosyvoice, url: \"%s\", spk_id: b, "
				     "sample_rate: %d, channels: %d, sample_format: %s}",
				     fake_url(s->server, "", s->url, sizeof(s->url)), RATE,
				     channels, format);
	const struct yaml_node *map = yaml_parse(yaml, strlen(yaml), "plan", s->arena, &e);
	if (!map || service_from_yaml(&s->service, "it", map, s->arena, &e) < 0 ||
	    service_check(&s->service, s->arena, &e) < 0)
		fail_msg("%s", e.text);
	struct load_spec spec = SPEC("concurrency", "1", "requests", "1", "warmup", "0");
	struct load_work work = {.service = &s->service, .samples = &text, .n_samples = 1};
	ask_defaults(&work.ask);
	work.ask.stream = true;
	s->result = result_new();
	s->run = result_add_run(s->result, "test", "unit");
	if (load_run(&spec, &work, s->result, s->run, NULL, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(s->run->attempted, 1);
}

static double span_s(uint64_t from, uint64_t to)
{
	return (double)(int64_t)(to - from) / 1e9;
}

/* The player starves between the second piece and the third, by less where the second was late. */
static void check_underrun(const struct run *run, const struct truth *t)
{
	double late = fmax(0, span_s(t->before[0], t->after[1]) - PIECE_S);
	double least = span_s(t->after[0], t->before[2]) - 2 * PIECE_S - late;
	double most = span_s(t->before[0], t->after[2]) - 2 * PIECE_S;
	double got = value(run, "underrun.max");
	if (got < least * 0.99 - SLACK_S || got > fmax(most, late) * 1.01 + SLACK_S)
		fail_msg("underrun %.4f s is not in %.4f .. %.4f", got, least, most);
	assert_true(got > 0);
}

static void test_channels(void **state)
{
	static const struct {
		const char *format;
		int channels;
		size_t frame;
	} rows[] = {{"s16le", 2, 4}, {"s16le", 1, 2}, {"f32le", 2, 8}, {"s16le", 8, 16}};
	(void)state;
	need_stamps();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct voice v;
		speak(&v, rows[i].format, rows[i].channels, rows[i].frame);
		const struct run *run = v.shop.run;
		assert_int_equal(run->outcomes[OUTCOME_OK], 1);
		double seconds = value(run, "audio_seconds.max");
		double took = value(run, "service_time.max");
		assert_true(fabs(seconds - PIECES * PIECE_S) < 0.001 * seconds);
		assert_true(fabs(value(run, "rtf.max") - took / seconds) < 0.003 * took / seconds);
		assert_true(fabs(value(run, "rtfx.max") - seconds / took) < 0.003 * seconds / took);
		assert_true(took >= 0.4);
		assert_true(fabs(value(run, "audio_rate") * run->duration_s - seconds) < 0.001);
		assert_true(value(run, "ttfa.max") < 0.4);
		fake_stop(v.shop.server);	/* its thread knows the truths */
		v.shop.server = NULL;
		check_underrun(run, v.shop.truths);
		shop_close(&v.shop);
	}
}

/* Told of other channels than the server sends, the sound ends inside a frame, or its length and
 * what follows from it are wrong: a plan has to say what comes. */
static void test_wrong_channels(void **state)
{
	(void)state;
	struct voice v;
	speak(&v, "s16le", 7, 4);
	assert_int_equal(v.shop.run->outcomes[OUTCOME_BAD_AUDIO], 1);
	assert_non_null(strstr(v.shop.run->failures[0].detail, "inside a sample"));
	shop_close(&v.shop);
	speak(&v, "s16le", 1, 4);
	assert_true(fabs(value(v.shop.run, "audio_seconds.max") - 2 * PIECES * PIECE_S) < 0.001);
	shop_close(&v.shop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_wrong_channels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
