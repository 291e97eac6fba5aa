/* tests/unit/store/test-store.c - what is saved comes back, also after a kill, and only one writes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "store/store.h"
#include "tests/golden/fixture.h"

static char dir[64];
static char db[96];

static char *text_of(const struct result *r)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	json_t *j = result_to_json(r);
	assert_int_equal(json_write(j, true, &b), 0);
	json_decref(j);
	return buf_take(&b);
}

static void must(int ret, const struct err *e)
{
	if (ret < 0)
		fail_msg("%s", e->text);
}

static int64_t ask(const char *query)
{
	sqlite3 *q;
	sqlite3_stmt *s;
	assert_int_equal(sqlite3_open(db, &q), SQLITE_OK);
	if (sqlite3_prepare_v2(q, query, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(q));
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(q);
	return n;
}

static void test_round(void **state)
{
	(void)state;
	struct err e = {0};
	struct store *s = NULL;
	struct result *r = fixture_result();
	must(store_open(db, &s, &e), &e);
	must(store_save(s, r, &e), &e);
	must(store_save(s, r, &e), &e);	/* replaces, never doubles */
	assert_null(store_close(s));
	struct result *again = NULL;
	must(store_load(db, &again, &e), &e);
	char *a = text_of(r), *b = text_of(again);
	assert_string_equal(a, b);
	assert_int_equal(ask("SELECT count(*) FROM run"), 3);
	assert_int_equal(ask("SELECT n FROM metric JOIN run ON run.id = run_id "
			     "WHERE run.name = 'vlm-open' AND metric.name = 'itl'"), 15000);
	assert_int_equal(ask("SELECT count(*) FROM window"), 120);
	assert_int_equal(ask("SELECT count(*) FROM reading"), 8 * 130);
	assert_int_equal(ask("SELECT count(*) FROM case_result WHERE verdict = 'fail'"), 1);
	assert_int_equal(ask("SELECT count(*) FROM target WHERE run_id IS NULL"), 1);
	assert_int_equal(ask("SELECT sum(count) FROM failure"), 7);
	free(a);
	free(b);
	result_free(r);
	result_free(again);
}

static void test_one_writer(void **state)
{
	(void)state;
	struct err e = {0};
	struct store *first = NULL, *second = NULL;
	must(store_open(db, &first, &e), &e);
	assert_int_equal(store_open(db, &second, &e), -1);
	char pid[32];
	(void)snprintf(pid, sizeof(pid), "pid %d,", (int)getpid());
	assert_non_null(strstr(e.text, pid));
	store_close(first);
	must(store_open(db, &second, &e), &e);
	store_close(second);
	char lock[128];
	(void)snprintf(lock, sizeof(lock), "%s.lock", db);
	assert_int_equal(access(lock, F_OK), -1);
}

static int save_window(struct store *s, const struct run_window *w)
{
	struct soak_part part = {.start_ns = 5, .start_wall_ns = 1, .boot = "b"};
	struct soak_row row = {"asr", *w};
	part.about = json_object();
	json_t *whole = json_pack("{s:i}", "next", 7);
	int ret = store_soak_begin(s, &part, false, NULL) < 0 ||
		  store_soak_window(s, &part, 0, &row, 1, whole, NULL) < 0 ? -1 : 0;
	json_decref((json_t *)part.about);
	json_decref(whole);
	return ret;
}

/* In a child that is then killed: runs, cases and windows saved one by one. */
static void save_and_hang(int tell)
{
	struct store *s = NULL;
	struct result *r = fixture_result();
	if (store_open(db, &s, NULL) < 0 || store_save_run(s, r->runs[0], NULL) < 0 ||
	    store_save_run(s, r->runs[1], NULL) < 0 || store_save_run(s, r->runs[1], NULL) < 0 ||
	    store_save_case(s, &r->cases[1], NULL) < 0 ||
	    save_window(s, &r->runs[0]->windows[3]) < 0)
		_exit(1);
	(void)!write(tell, "x", 1);
	for (;;)
		(void)pause();
}

/* A new result in the file of an earlier one: nothing of that is left but the windows of soaks. */
static void test_begin(void **state)
{
	static const char *const tables[] = {"result", "run", "metric", "target", "window",
					     "failure", "case_result", "accuracy", "series",
					     "reading"};
	(void)state;
	struct err e = {0};
	struct store *s = NULL;
	struct result *r = fixture_result();
	must(store_open(db, &s, &e), &e);
	must(store_save(s, r, &e), &e);
	must(save_window(s, &r->runs[0]->windows[3]), &e);
	must(store_begin(s, &e), &e);
	must(store_begin(s, &e), &e);	/* of an empty file, too */
	store_close(s);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		char query[64];
		(void)snprintf(query, sizeof(query), "SELECT count(*) FROM %s", tables[i]);
		assert_int_equal(ask(query), 0);
	}
	assert_int_equal(ask("SELECT count(*) FROM soak_window"), 1);
	result_free(r);
}

static void test_killed(void **state)
{
	(void)state;
	struct err e = {0};
	int pipes[2];
	char byte;
	assert_int_equal(pipe(pipes), 0);
	pid_t child = fork();
	if (child == 0)
		save_and_hang(pipes[1]);
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	close(pipes[0]);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);

	struct result *r = NULL;
	must(store_load(db, &r, &e), &e);
	assert_int_equal(r->n_runs, 2);
	assert_int_equal(r->n_cases, 1);
	assert_true(r->interrupted);
	assert_int_equal(result_exit_status(r), 4);
	assert_int_equal(r->runs[0]->attempted, 200);
	assert_int_equal(r->runs[0]->start_ns, FIXTURE_START_NS + 2 * NS_PER_S);
	result_free(r);
	/* The dead writer's lock holds nobody back. */
	struct store *s = NULL;
	must(store_open(db, &s, &e), &e);
	r = fixture_result();
	must(store_save(s, r, &e), &e);
	store_close(s);
	result_free(r);
	assert_int_equal(ask("SELECT count(*) FROM soak_window"), 1);
	assert_int_equal(ask("SELECT count(*) FROM run"), 3);
}

static void test_bad_files(void **state)
{
	(void)state;
	struct err e = {0};
	struct result *r = NULL;
	struct store *s = NULL;
	assert_int_equal(store_load(db, &r, &e), -1);
	assert_int_equal(e.code, ERR_SYSTEM);
	assert_int_equal(file_write(db, "this is a text of some length, no database at all, sorry "
				    "for that; it goes on until it is longer than a header is",
				    110, &e), 0);
	assert_int_equal(store_load(db, &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_int_equal(store_open(db, &s, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_int_equal(file_write(db, "", 0, &e), 0);
	assert_int_equal(store_load(db, &r, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_int_equal(store_open("/nonexistent/folder/results.db", &s, &e), -1);
	assert_int_equal(e.code, ERR_SYSTEM);
	sqlite3 *q;
	assert_int_equal(sqlite3_open(db, &q), SQLITE_OK);
	sqlite3_exec(q, "PRAGMA user_version = 99", NULL, NULL, NULL);
	sqlite3_close(q);
	assert_int_equal(store_open(db, &s, &e), -1);
	assert_non_null(strstr(e.text, "schema 99"));
	assert_null(store_close(NULL));
}

static int setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/assay-store-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(db, sizeof(db), "%s/results.db", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return file_remove_tree(dir, NULL);
}

/* Heads and parts that are no objects are refused with the name of the file. */
static void test_strange_rows(void **state)
{
	static const char *const spoil[] = {
		"UPDATE result SET json = '[]'", "UPDATE result SET json = ''",
		"UPDATE run SET json = '3'", "UPDATE run SET json = '{'",
		"UPDATE soak SET json = '[1]'", "UPDATE case_result SET json = 'null'",
	};
	(void)state;
	struct err e = {0};
	struct store *s = NULL;
	struct result *r = fixture_result(), *again = NULL;
	sqlite3 *q;
	for (size_t i = 0; i < ARRAY_LEN(spoil); i++) {
		must(store_open(db, &s, &e), &e);
		must(store_save(s, r, &e), &e);
		(void)store_close(s);
		assert_int_equal(sqlite3_open(db, &q), SQLITE_OK);
		assert_int_equal(sqlite3_exec(q, spoil[i], NULL, NULL, NULL), SQLITE_OK);
		(void)sqlite3_close(q);
		e = (struct err){0};
		assert_int_equal(store_load(db, &again, &e), -1);
		if (!strstr(e.text, db))
			fail_msg("%s: '%s' does not name the file", spoil[i], e.text);
	}
	(void)result_free(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round), TEST(test_one_writer), TEST(test_killed), TEST(test_bad_files),
		TEST(test_strange_rows), TEST(test_begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
