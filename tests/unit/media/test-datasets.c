/* tests/unit/media/test-datasets.c - data sets of other tools: ShareGPT, LLaVA, VLMEvalKit.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/util.h"
#include "image/encode.h"
#include "media/sample.h"

static char dir[] = "/tmp/assay-datasets-XXXXXX";
static struct arena *arena;
static struct buf picture = {.max = BUF_UNLIMITED}, other = {.max = BUF_UNLIMITED};

static int set_up_all(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(free_ptr) char *path = NULL;
	struct err e;
	(void)state;
	assert_non_null(mkdtemp(dir));
	arena = arena_new();
	assert_int_equal(image_encode_jpeg("\1\2\3\4\5\6", 2, 1, 90, &b, &e), 0);
	assert_int_equal(base64_encode(b.data, b.len, &picture), 0);
	assert_true(asprintf(&path, "%s/a.jpg", dir) > 0);
	assert_int_equal(file_write(path, b.data, b.len, &e), 0);
	buf_clear(&b);
	assert_int_equal(image_encode_jpeg("\1\2\3\4\5\6\7\1\2", 3, 1, 90, &b, &e), 0);
	return base64_encode(b.data, b.len, &other);
}

static int tear_down_all(void **state)
{
	(void)state;
	arena = arena_free(arena);
	buf_release(&picture);
	buf_release(&other);
	return file_remove_tree(dir, NULL);
}

static int read_data(const char *name, const char *text, size_t len, struct corpus *c,
		     struct err *e)
{
	char path[PATH_MAX];
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(file_write(path, text, len, e), 0);
	return corpus_read(path, "chat", arena, c, e);
}

static void expect_read(const char *name, const char *text, struct corpus *c)
{
	struct err e = {0};
	if (read_data(name, text, strlen(text), c, &e) < 0)
		fail_msg("%s", e.text);
}

static void refused(const char *name, const char *text, const char *why)
{
	struct corpus c;
	struct err e = {0};
	char want[PATH_MAX + 300];
	assert_int_equal(read_data(name, text, strlen(text), &c, &e), -1);
	(void)snprintf(want, sizeof(want), "%s/%s%s", dir, name, why);
	if (!strstr(e.text, want))
		fail_msg("'%s' does not say '%s'", e.text, want);
}

static const char sharegpt[] =
	"[\n"
	" {\"id\": \"a\", \"conversations\": [{\"from\": \"system\", \"value\": \"be kind\"},\n"
	"   {\"from\": \"human\", \"value\": \"Hi, [you] \\\"there\\\"}?\"},"
	" {\"from\": \"gpt\", \"value\": \"Hello\"},"
	" {\"from\": \"human\", \"value\": \"more\"}, {\"from\": \"gpt\", \"value\": \"x\"},"
	" {\"from\": \"human\", \"value\": \"<image> last\"},"
	" {\"from\": \"gpt\", \"value\": \"\"}, {\"from\": \"human\", \"value\": \"no\"}],"
	" \"source\": \"x\"},\n"
	" {\"id\": \"b\", \"conversations\": []},\n"
	" {\"id\": \"c\", \"conversations\": [{\"from\": \"gpt\", \"value\": \"only\"}]},\n"
	" {\"id\": \"a\", \"image\": \"a.jpg\", \"conversations\": [{\"from\": \"human\", "
	"\"value\": \"<image>\\nWhat?\"}, {\"from\": \"gpt\", \"value\": \"A dog\"}]},\n"
	" {\"conversations\": [{\"role\": \"user\", \"content\": \"q\"}, "
	"{\"role\": \"assistant\", \"content\": \"r\"}]},\n"
	" {\"id\": 7, \"question\": \"plain\"}\n"
	"]\n";

static void test_sharegpt(void **state)
{
	struct corpus c;
	(void)state;
	expect_read("s.json", sharegpt, &c);
	assert_int_equal(c.n, 4);
	assert_int_equal(c.skipped, 2);
	assert_string_equal(c.samples[0].id, "a");
	assert_string_equal(c.samples[0].question, "Hi, [you] \"there\"}?");
	assert_string_equal(c.samples[0].system, "be kind");
	assert_string_equal(json_text(c.samples[0].extra, "reply", ""), "Hello");
	assert_string_equal(json_text(c.samples[0].extra, "source", ""), "x");
	assert_int_equal(c.samples[0].n_follow_ups, 2);	/* up to the turn without words */
	assert_string_equal(c.samples[0].follow_ups[0].question, "more");
	assert_string_equal(c.samples[0].follow_ups[1].question, "last");
	assert_int_equal(c.samples[2].n_follow_ups, 0);
	assert_string_equal(c.samples[1].question, "What?");
	assert_int_equal(c.samples[1].n_images, 1);
	assert_int_equal(c.samples[1].images[0]->width, 2);
	assert_true(strcmp(c.samples[1].id, "a") != 0);
	assert_string_equal(c.samples[2].question, "q");
	assert_string_equal(c.samples[3].id, "7");
	corpus_release(&c);
	/* one per line, too */
	expect_read("s.jsonl", "{\"id\": \"a\", \"conversations\": [{\"from\": \"user\", "
		    "\"value\": \"Hi\"}, {\"from\": \"gpt\", \"value\": \"Hello\"}]}\n", &c);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.samples[0].question, "Hi");
	corpus_release(&c);
	/* a list of our own may bring them as well */
	expect_read("f.jsonl", "{\"question\": \"Hi\", \"follow_ups\": [\"And?\", \"So?\"]}\n", &c);
	assert_int_equal(c.samples[0].n_follow_ups, 2);
	assert_string_equal(c.samples[0].follow_ups[1].question, "So?");
	assert_null(json_object_get(c.samples[0].extra, "follow_ups"));
	corpus_release(&c);
}

static void test_sharegpt_wrong(void **state)
{
	(void)state;
	refused("w.json", "[]", "' holds no samples");
	refused("w.json", "{\"question\": \"a\", \"follow_ups\": [3]}", ":1: follow_ups must be a "
		"list of texts");
	refused("w.json", "{\"text\": \"a\", \"follow_ups\": [\"b\"]}", ":1: follow_ups need a "
		"question or messages");
	refused("w.json", "[{\"conversations\": []}]", "' holds no samples: it needs one JSON "
		"object per line, or conversations");
	refused("w.json", "[\n\n{\"conversations\": 3}]", ":3: conversations must be a list");
	refused("w.json", "[\n{\"conversations\": [3]}]", ":2: conversations must be a list");
	refused("w.json", "[\n{\"id\": 1,\n \"id\": 2}]", ":2: in the object that begins here");
	refused("w.json", "[{\"question\": \"a\"}\n, 3]", ":2: each line must be a JSON object");
	refused("w.json", "[{\"question\": \"a\"}] x", ":1: something follows");
	refused("w.json", "[{\"question\": \"a\"},]", ":1: in the object");
	refused("w.json", "[{\"image\": \"no.jpg\", \"conversations\": [{\"from\": \"human\", "
		"\"value\": \"a\"}, {\"from\": \"gpt\", \"value\": \"b\"}]}]", ":1: ");
	for (size_t n = 0; n + 2 < strlen(sharegpt); n++) {
		struct corpus c;
		struct err e = {0};
		assert_int_equal(read_data("cut.json", sharegpt, n, &c, &e), -1);
	}
}

static const char *table(const char *fmt)
{
	return arena_fmt(arena, fmt, picture.data, other.data, other.data);
}

#define TABLE "index\timage\tquestion\thint\tA\tB\tC\tanswer\tcategory\r\n" \
	"1\t%s\tWhich \"\"?\tlook\tcat\tdog\t\tB\tanimals\r\n" \
	"2\t1\t\"Two\tlines\nand \"\"quotes\"\"\"\t\t\t\t\t12.5\tmath\r\n" \
	"3\t['%s', '%s']\tIs it?\t\t\t\t\tYes\t\r\n" \
	"4\t\tName it\t\t\t\t\t\"['a b', \"\"c\"\"]\"\t\r\n"

static void test_table(void **state)
{
	struct corpus c;
	(void)state;
	expect_read("t.tsv", table(TABLE), &c);
	assert_int_equal(c.n, 4);
	const struct sample *s = c.samples;
	assert_string_equal(s[0].id, "1");
	assert_int_equal(s[0].n_images, 1);
	assert_int_equal(s[0].images[0]->width, 2);
	assert_string_equal(s[0].images[0]->mime, "image/jpeg");
	assert_string_equal(s[0].question, "Hint: look\nQuestion: Which \"\"?\nOptions:\nA. cat\n"
			    "B. dog\nPlease select the correct answer from the options above. "
			    "Answer with its letter only.");
	assert_int_equal(s[0].n_answers, 3);
	assert_string_equal(s[0].answers[0], "B");
	assert_string_equal(s[0].answers[1], "B. dog");
	assert_string_equal(s[0].judge, "exact");
	assert_string_equal(json_text(s[0].extra, "category", ""), "animals");
	assert_ptr_equal(s[1].images[0], s[0].images[0]);
	assert_string_equal(s[1].question, "Two\tlines\nand \"quotes\"");
	assert_string_equal(s[1].judge, "relaxed");
	assert_int_equal(s[2].n_images, 2);
	assert_int_equal(s[2].images[1]->width, 3);
	assert_string_equal(s[2].judge, "exact");
	assert_int_equal(s[3].n_images, 0);
	assert_int_equal(s[3].n_answers, 2);
	assert_string_equal(s[3].answers[1], "c");
	assert_string_equal(s[3].judge, "anls");
	corpus_release(&c);
	expect_read("t.txt", table(TABLE), &c);	/* told by its content */
	assert_int_equal(c.n, 4);
	corpus_release(&c);
	expect_read("p.tsv", "\xef\xbb\xbfindex\timage_path\tquestion\n9\ta.jpg\twhat?", &c);
	assert_int_equal(c.samples[0].images[0]->width, 2);
	assert_string_equal(c.samples[0].id, "9");
	corpus_release(&c);
}

static void test_table_wrong(void **state)
{
	(void)state;
	refused("w.tsv", "", ":0: the table is empty");
	refused("w.tsv", "index\timage\n1\tx\n", ":1: the table has no column 'question'");
	refused("w.tsv", "question\tquestion\n", ":1: two columns");
	refused("w.tsv", "index\tquestion\n1\ta\tb\n", ":2: 3 cells where the header has 2");
	refused("w.tsv", "index\tquestion\n\n1\t\"a\n\nb\"\n2\t\"a", ":6: a quoted cell");
	refused("w.tsv", "index\tquestion\n1\t\"a\"b\n", ":2: text follows");
	refused("w.tsv", "index\timage\tquestion\n1\t7\tq\n", ":2: the column image names the row");
	refused("w.tsv", "index\tquestion\tA\tB\tanswer\n1\tq\ta\tb\tC\n", ":2: the answer 'C'");
	refused("w.tsv", "index\tquestion\n1\ta\n1\tb\n", ":3: the id '1' was given");
	refused("w.tsv", "index\tquestion\n1\t\n", ":2: the question is empty");
	refused("w.tsv", "index\tquestion\n1\ta\xff\n", ":2: the column 'question' is not UTF-8");
	refused("w.tsv", "index\tquestion\tjudge\n1\ta\tbest\n", ":2: judge must be");
	refused("w.tsv", "index\tquestion\tanswer\n1\ta\t['x\n", ":2: a list in a cell");
	refused("w.tsv", "index\tquestion\n", "' holds no samples");
	char junk[200];
	memset(junk, 'A', sizeof(junk));
	junk[sizeof(junk) - 1] = '\0';
	refused("w.tsv", arena_fmt(arena, "index\timage\tquestion\n1\t%s\tq\n", junk),
		":2: the picture is not base64");
	refused("w.tsv", arena_fmt(arena, "index\timage\tquestion\n1\t%sA\tq\n", junk),
		":2: what stands in the column image is no picture");
	const char *whole = table(TABLE);
	for (size_t n = 0; n < strlen(whole); n += 3) {
		struct corpus c;
		struct err e = {0};
		if (read_data("cut.tsv", whole, n, &c, &e) == 0)
			corpus_release(&c);	/* a row may end there */
		else
			assert_true(e.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sharegpt),
		cmocka_unit_test(test_sharegpt_wrong),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_wrong),
	};
	return cmocka_run_group_tests_name("datasets", tests, set_up_all, tear_down_all);
}
