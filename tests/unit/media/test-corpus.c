/* tests/unit/media/test-corpus.c - manifests: what is read, what is refused, and where.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/util.h"
#include "image/encode.h"
#include "media/sample.h"
#include "media/speech.h"

static char dir[] = "/tmp/assay-corpus-XXXXXX";
static char manifest[64];
static struct arena *arena;

static void put_file(const char *name, const void *data, size_t len)
{
	char path[PATH_MAX];
	struct err e;
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (file_write(path, data, len, &e) < 0)
		fail_msg("%s", e.text);
}

static int set_up_all(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(manifest, sizeof(manifest), "%s/m.jsonl", dir);
	arena = arena_new();
	struct speech s = {0};
	struct media m;
	struct err e;
	assert_int_equal(speech_tone(&s, 16000, 1.5, 300, -6, &e), 0);
	assert_int_equal(speech_to_media(&s, "a.wav", "wav", 1, arena, &m, &e), 0);
	put_file("a.wav", m.data, m.len);
	speech_release(&s);
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	assert_int_equal(image_encode_jpeg("\1\2\3\4\5\6", 2, 1, 90, &b, &e), 0);
	put_file("a.jpg", b.data, b.len);
	put_file("noise.wav", "no sound", 8);
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	arena = arena_free(arena);
	return file_remove_tree(dir, NULL);
}

static int read_text(const char *text, const char *kind, struct corpus *c, struct err *e)
{
	put_file("m.jsonl", text, strlen(text));
	return corpus_read(manifest, kind, arena, c, e);
}

static void refused(const char *text, const char *kind, const char *why)
{
	struct corpus c;
	struct err e = {0};
	char want[PATH_MAX];
	assert_int_equal(read_text(text, kind, &c, &e), -1);
	(void)snprintf(want, sizeof(want), "%s%s", *why == ':' ? manifest : "", why);
	if (!strstr(e.text, want))
		fail_msg("'%s' does not say '%s'", e.text, want);
	assert_int_equal(e.code, ERR_USAGE);
}

static void test_asr(void **state)
{
	(void)state;
	struct corpus c;
	struct err e;
	assert_int_equal(read_text(
		"{\"id\":\"one\",\"audio_filepath\":\"a.wav\",\"duration\":99,\"text\":\"hello\","
		"\"language\":\"en\",\"speaker\":\"s1\",\"noise\":{\"snr\":3}}\n\n"
		"  {\"audio_filepath\":\"a.wav\",\"text\":null}\r\n"
		"{\"audio_filepath\":\"a.wav\",\"prompt_wav\":\"a.wav\",\"prompt_text\":\"p\"}",
		"asr", &c, &e), 0);
	assert_int_equal(c.n, 3);
	const struct sample *s = c.samples;
	assert_string_equal(s[0].id, "one");
	assert_string_equal(s[0].text, "hello");
	assert_string_equal(s[0].language, "en");
	assert_string_equal(s[0].speaker, "s1");
	assert_string_equal(s[0].audio->name, "a.wav");
	assert_string_equal(s[0].audio->mime, "audio/wav");
	assert_true(s[0].audio->seconds == 1.5);	/* decoded: the manifest says 99 */
	assert_null(s[0].audio->base64);
	assert_int_equal(json_object_size(s[0].extra), 1);
	assert_non_null(json_at(s[0].extra, "noise.snr"));
	assert_string_equal(s[1].id, "a.wav");
	assert_null(s[1].text);
	assert_string_equal(s[2].id, "a.wav:4");	/* the same file again */
	assert_ptr_equal(s[1].audio, s[0].audio);	/* held once */
	assert_ptr_equal(s[2].prompt_wav, s[0].audio);
	assert_string_equal(s[2].prompt_text, "p");
	assert_true(c.audio_seconds == 4.5);
	corpus_release(&c);
	corpus_release(NULL);
}

static void test_chat(void **state)
{
	(void)state;
	struct corpus c;
	struct err e;
	assert_int_equal(read_text(
		"{\"key\":7,\"images\":[\"a.jpg\",\"a.jpg\"],\"question\":\"what?\","
		"\"answers\":[\"x\","
		"\"y\"],\"judge\":\"keyword\",\"system\":\"be brief\"}\n"
		"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
		"\"image_url\":"
		"{\"url\":\"a.jpg\"}},{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://h/b"
		"\"}},"
		"{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"a.wav\","
		"\"format\":\"wav\"}}]}],"
		"\"answers\":\"one\"}\n", "chat", &c, &e), 0);
	const struct sample *s = c.samples;
	assert_string_equal(s[0].id, "7");
	assert_int_equal(s[0].n_images, 2);
	assert_int_equal(s[0].images[0]->width, 2);
	assert_non_null(s[0].images[0]->base64);
	assert_int_equal(s[0].n_answers, 2);
	assert_string_equal(s[0].answers[1], "y");
	assert_string_equal(s[0].judge, "keyword");
	assert_string_equal(s[1].id, "line-2");
	assert_int_equal(s[1].n_answers, 1);
	assert_int_equal(s[1].n_images, 1);
	assert_non_null(s[1].audio->base64);
	assert_string_equal(json_text(s[1].messages, "0.content.0.image_url.url", ""), "media:0");
	assert_string_equal(json_text(s[1].messages, "0.content.1.image_url.url", ""),
		"http://h/b");
	assert_string_equal(json_text(s[1].messages, "0.content.2.input_audio.data", ""),
			    "media:audio");
	assert_non_null(strstr(s[1].messages_text, "\"url\":\"media:0\""));
	corpus_release(&c);
}

static void test_refused(void **state)
{
	(void)state;
	refused("", "asr", "holds no samples");
	refused("\n\n", "asr", "holds no samples");
	refused("{\"text\":\"a\"}\n{\"text\":", "tts", ":2: invalid JSON");
	refused("[1]\n", "tts", ":1: each line must be a JSON object");
	refused("{\"text\":\"a\"}", "asr", ":1: a sample for asr needs audio_filepath");
	refused("{\"audio_filepath\":\"a.wav\"}", "tts", ":1: a sample for tts needs text");
	refused("{\"id\":\"x\"}", "chat", ":1: a sample for chat needs question");
	refused("\n{\"audio_filepath\":\"none.wav\"}", "asr", ":2: cannot open");
	refused("{\"audio_filepath\":\"noise.wav\"}", "asr", ":1: 'noise.wav' is no sound file");
	refused("{\"images\":[\"a.wav\"],\"text\":\"a\"}", "chat", ":1: 'a.wav' is no picture");
	refused("{\"text\":7}", "tts", ":1: text must be a text");
	refused("{\"text\":\"a\",\"images\":7}", "tts", ":1: images must be a list");
	refused("{\"text\":\"a\",\"answers\":[7]}", "tts", ":1: answers must be a list of texts");
	refused("{\"text\":\"a\",\"judge\":\"llm\"}", "tts", "not 'llm'");
	refused("{\"id\":\"x\",\"text\":\"a\"}\n{\"id\":\"x\",\"text\":\"b\"}", "tts",
		":2: the id 'x' was given in line 1 already");
	refused("{\"messages\":[]}", "chat", ":1: messages must be a list");
	refused("{\"messages\":[{\"role\":\"user\"}]}", "chat", "needs a role and a content");
	struct corpus c;
	struct err e;
	assert_int_equal(corpus_read("/nowhere/m.jsonl", "asr", arena, &c, &e), -1);
	assert_non_null(strstr(e.text, "/nowhere/m.jsonl"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asr),
		cmocka_unit_test(test_chat),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
