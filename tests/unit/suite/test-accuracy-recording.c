/* tests/unit/suite/test-accuracy-recording.c - recorded answers: read back as written, refused
 * when inputs, parameters or the file itself are others; and how near two sides are.
 * SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "suite/closeness.h"
#include "suite/recording.h"

#define SAMPLES 3
#define REPEATS 2

static char dir[] = "/tmp/assay-recording-XXXXXX";
static struct media sounds[SAMPLES];
static struct sample samples[SAMPLES];

static json_t *parameters(int max_tokens)
{
	return json_pack("{s:s, s:i}", "kind", "asr", "max_tokens", max_tokens);
}

static void fill_samples(void)
{
	static const char *const ids[SAMPLES] = {"a", "b/c", "d"};
	for (size_t i = 0; i < SAMPLES; i++) {
		hash_sha256(ids[i], strlen(ids[i]), sounds[i].sha256);
		samples[i] = (struct sample){.id = ids[i], .audio = &sounds[i], .text = "words"};
	}
}

static void add_answer(struct recorder *r, size_t i, size_t repeat, enum outcome outcome)
{
	struct call call;
	struct err e;
	char text[32];
	call_init(&call, &samples[i]);
	call.outcome = outcome;
	(void)snprintf(text, sizeof(text), "answer %zu of %s", repeat, samples[i].id);
	assert_int_equal(buf_str(&call.answer.text, text), 0);
	assert_int_equal(recorder_add(r, &samples[i], repeat, &call, &e), 0);
	call_release(&call);
}

static int set_up(void **state)
{
	(void)state;
	struct recorder *r = NULL;
	struct err e;
	json_t *p = parameters(64);
	assert_non_null(mkdtemp(dir));
	fill_samples();
	assert_int_equal(recorder_new(dir, "asr", json_object(), p, SAMPLES * REPEATS, &r, &e), 0);
	for (size_t k = 0; k < REPEATS; k++)
		for (size_t i = 0; i < SAMPLES; i++)
			add_answer(r, i, k, i == 2 ? OUTCOME_TIMEOUT : OUTCOME_OK);
	assert_int_equal(recorder_close(r, &e), 0);
	(void)recorder_free(r);
	json_decref(p);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return file_remove_tree(dir, NULL);
}

/* Read it and hold it against these samples: the error's text, or "". */
static void check(size_t n, int max_tokens, char *why, size_t size)
{
	struct arena *a = arena_new();
	struct recording *r = NULL;
	struct err e = {0};
	json_t *p = parameters(max_tokens);
	assert_int_equal(recording_read(dir, "asr", a, &r, &e), 0);
	int rc = recording_check(r, samples, n, p, &e);
	(void)snprintf(why, size, "%s", rc < 0 ? e.text : "");
	if (rc < 0)
		assert_int_equal(e.code, ERR_USAGE);
	json_decref(p);
	(void)recording_free(r);
	(void)arena_free(a);
}

static void what_was_written_is_read(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct recording *r = NULL;
	struct err e;
	char why[600];
	assert_int_equal(recording_read(dir, "asr", a, &r, &e), 0);
	assert_int_equal(recording_repeats(r), REPEATS);
	assert_string_equal(recording_find(r, "b/c", 1).text, "answer 1 of b/c");
	assert_null(recording_find(r, "d", 0).text);
	(void)recording_free(r);
	(void)arena_free(a);
	check(SAMPLES, 64, why, sizeof(why));
	assert_string_equal(why, "");
}

static void other_inputs_are_refused(void **state)
{
	(void)state;
	char why[600];
	check(SAMPLES, 65, why, sizeof(why));
	assert_non_null(strstr(why, "max_tokens"));
	check(SAMPLES - 1, 64, why, sizeof(why));
	assert_non_null(strstr(why, "2 samples"));
	sounds[1].sha256[0] ^= 1;
	check(SAMPLES, 64, why, sizeof(why));
	assert_non_null(strstr(why, "audio of 'b/c'"));
	sounds[1].sha256[0] ^= 1;
	samples[0].id = "new";
	check(SAMPLES, 64, why, sizeof(why));
	assert_non_null(strstr(why, "'new'"));
	samples[0].id = "a";
}

/* Cut at every byte: an error, or the whole lines before it, and then the check says what lacks. */
static void cut_files_are_refused(void **state)
{
	(void)state;
	struct buf whole = {.max = (size_t)1 << 20};
	struct err e;
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/asr.jsonl", dir);
	assert_int_equal(file_read(path, &whole, &e), 0);
	for (size_t len = 0; len < whole.len; len++) {
		struct arena *a = arena_new();
		struct recording *r = NULL;
		json_t *p = parameters(64);
		assert_int_equal(file_write(path, whole.data, len, &e), 0);
		if (recording_read(dir, "asr", a, &r, &e) == 0)
			assert_int_equal(recording_check(r, samples, SAMPLES, p, &e), -1);
		assert_int_equal(e.code, ERR_USAGE);
		json_decref(p);
		(void)recording_free(r);
		(void)arena_free(a);
	}
	assert_int_equal(file_write(path, whole.data, whole.len, &e), 0);
	buf_release(&whole);
}

static double figure(const struct accuracy_result *x, const char *name)
{
	for (size_t i = 0; i < x->n_figures; i++)
		if (strcmp(x->figures[i].name, name) == 0)
			return x->figures[i].value;
	return NAN;
}

static void closeness_counts_what_agrees(void **state)
{
	(void)state;
	char *left[] = {(char *)"The red car.", (char *)"one two three four", NULL};
	char *right[] = {(char *)"the red car", (char *)"one two five four", (char *)"x"};
	struct spoken_figures a[] = {{2, -20, 100}, {4, -20, 100}, {NAN, NAN, NAN}};
	struct spoken_figures b[] = {{3, -23, 200}, {6, -23, 200}, {1, -1, 1}};
	json_t *p = json_pack("[{s:s, s:[{s:s},{s:s}]}, {s:s, s:[{s:s},{s:s}]}]", "token", "x",
			      "top_logprobs", "token", "x", "token", "y", "token", "y",
			      "top_logprobs", "token", "y", "token", "z");
	json_t *q = json_pack("[{s:s, s:[{s:s}]}, {s:s, s:[{s:s},{s:s}]}]", "token", "x",
			      "top_logprobs", "token", "x", "token", "z", "top_logprobs", "token",
			      "z", "token", "y");
	json_t *first[] = {p, NULL, NULL};
	json_t *second[] = {q, NULL, q};
	struct answers x = {.n = 3, .texts = left, .spoken = a, .logprobs = first,
			    .normalizer = (char *)"basic", .unit = TOKEN_WORD,
			    .normalize = NORMALIZE_BASIC};
	struct answers y = x;
	y.texts = right;
	y.spoken = b;
	y.logprobs = second;
	struct arena *arena = arena_new();
	struct accuracy_result out = {0};
	struct err e;
	assert_int_equal(closeness_add(&x, &y, arena, &out, &e), 0);
	assert_float_equal(figure(&out, "exact_share"), 0.5, 1e-9);
	assert_float_equal(figure(&out, "diverge_tokens"), 2, 1e-9);
	assert_float_equal(figure(&out, "diverge_characters"), 8, 1e-9);
	assert_float_equal(figure(&out, "rouge_l"), (1 + 0.75) / 2, 1e-9);
	/* 7 words of the first side, one of them put otherwise; the missing one does not count */
	assert_float_equal(figure(&out, "cross_rate"), 1.0 / 7, 1e-9);
	assert_float_equal(figure(&out, "logprob_top1"), 0.5, 1e-9);
	assert_float_equal(figure(&out, "logprob_top5"), 1, 1e-9);
	assert_float_equal(figure(&out, "duration_ratio"), 1.5, 1e-9);
	assert_float_equal(figure(&out, "loudness_difference_lu"), -3, 1e-9);
	assert_float_equal(figure(&out, "f0_difference_semitones"), 12, 1e-9);
	assert_true(isnan(figure(&out, "floor_exact_share")));
	assert_int_equal(closeness_add_floor(&x, &y, arena, &out, &e), 0);
	assert_float_equal(figure(&out, "floor_exact_share"), 0.5, 1e-9);
	assert_float_equal(figure(&out, "floor_cross_rate"), 1.0 / 7, 1e-9);
	assert_float_equal(figure(&out, "floor_duration_ratio"), 1.5, 1e-9);
	json_decref(p);
	json_decref(q);
	(void)arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(other_inputs_are_refused),
		cmocka_unit_test(cut_files_are_refused),
		cmocka_unit_test(closeness_counts_what_agrees),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
