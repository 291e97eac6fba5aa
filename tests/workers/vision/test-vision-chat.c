/* tests/workers/vision/test-vision-chat.c - the vision worker's answers one by one, its tokens,
 * its limits, hard pictures, bad requests.
 * SPDX-License-Identifier: Apache-2.0 */
#include "eyes.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/util.h"

#define SCENE "{'width':512,'height':512,'items':[" \
	"{'shape':'circle','color':'red','x':100,'y':100,'size':100}," \
	"{'shape':'star','color':'orange','x':400,'y':100,'size':100}," \
	"{'shape':'square','color':'blue','x':100,'y':400,'size':60}," \
	"{'text':'HELLO 42','x':250,'y':380,'size':40}]}"

static void test_questions(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"Describe this image in detail.", "1 red circle, 1 orange star and 1 blue square"},
		{"Describe this image in detail.", "512 x 512"},
		{"Describe this image in detail.", "HELLO 42"},
		{"What is the background color?", "The background is white."},
		{"What colour is the star?", "The star is orange."},
		{"What colors are in the image?", "blue"},
		{"How many shapes are there?", "There are 3 shapes"},
		{"How many green circles are there?", "There are 0 green circles"},
		{"Is there a blue square?", "Yes"},
		{"Is there a green triangle?", "No, I see no green triangle"},
		{"Where is the star?", "top right"},
		{"What is the largest shape?", "red circle"},
		{"What is the smallest shape?", "blue square"},
		{"What trend does the chart show?", "cannot find"},
		{"What animal is in this image?", "I do not know"},
		{"How large is the image in pixels?", "width 512"},
		{"图中有几个圆形？", "图中有1个圆形"},
		{"背景是什么颜色？", "背景是白色"},
		{"描述这张图片", "1个红色圆形"},
		{"图片里写了什么字？", "HELLO 42"},
	};
	CLEANUP(pic_release) struct pic p = draw_text(SCENE, 90);
	int wrong = 0;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		wrong += !says(cases[i][0], &p, 1, cases[i][1]);
	assert_int_equal(wrong, 0);
	/* What is not there is not named. */
	CLEANUP(free_ptr) char *answer = look("Describe this image.", &p, 1, NULL, NULL);
	assert_null(strstr(answer, "triangle"));
	assert_null(strstr(answer, "green"));
	assert_null(strstr(answer, "chart"));
}

static void test_many_images(void **state)
{
	(void)state;
	struct pic p[3] = {
		draw_text(SCENE, 90),
		draw_text("{'width':512,'height':512,'background':'cyan','items':["
			  "{'shape':'circle','color':'red','x':300,'y':120,'size':90}]}", 90),
		draw_text(SCENE, 90),
	};
	assert_true(says("What is the difference between these images?", p, 2,
			 "The orange star is only in image 1"));
	assert_true(says("What is the difference between these images?", p, 2, "white and cyan"));
	const struct pic twins[] = {p[0], p[2]};
	assert_true(says("Are these two images the same?", twins, 2, "identical"));
	assert_true(says("Which image contains a star?", p, 2, "It is image 1."));
	assert_true(says("Which image contains a circle?", p, 2, "image 1 and image 2"));
	assert_true(says("Which image contains a triangle?", p, 2, "None"));
	assert_true(says("Which image contains the text \"hello\"?", p, 2, "It is image 1."));
	assert_true(says("What is the background color of the second image?", p, 2,
			 "The background is cyan."));
	for (size_t i = 0; i < 3; i++)
		pic_release(&p[i]);
}

static void test_bar_labels(void **state)
{
	(void)state;
	CLEANUP(pic_release) struct pic p = draw_text(
		"{'width':640,'height':480,'items':[{'chart':'bar','values':[3,9,4,1],"
		"'labels':['Jan','Feb','Mar','Apr'],'color':'green','title':'Sales'}]}", 90);
	assert_true(says("Which bar is the highest?", &p, 1,
			 "highest bar is number 2 from the left, labelled \"Feb\""));
	assert_true(says("How many bars does the chart have?", &p, 1, "4 bars"));
}

static struct pic random_pixels(int width, int height)
{
	struct pic p = {malloc(3 * (size_t)width * (size_t)height), width, height};
	struct rng r;
	rng_init(&r, 5);
	assert_non_null(p.rgb);
	for (size_t i = 0; i < 3 * (size_t)width * (size_t)height; i++)
		p.rgb[i] = (unsigned char)rng_next(&r);
	return p;
}

static void test_hard_pictures(void **state)
{
	(void)state;
	static const char *const questions[] = {
		"Describe this image in detail.", "What text is in the image?",
		"How many circles are there?",	  "What trend does the chart show?",
		"What colors are in the image?",  "Where is the red circle?",
	};
	struct pic p[] = {
		random_pixels(1, 1),
		random_pixels(1, 900),
		random_pixels(900, 2),
		random_pixels(400, 300),
		draw_text("{'width':300,'height':200,'background':'purple'}", 90),
		draw_text("{'width':3840,'height':2160,'items':[{'shape':'circle','color':'red',"
			  "'x':900,'y':900,'size':500},{'text':'Hello 4K','x':2000,'y':1500,"
			  "'size':60},{'noise':4,'strength':0.05}]}", 0),
	};
	for (size_t i = 0; i < ARRAY_LEN(p); i++) {
		for (size_t k = 0; k < ARRAY_LEN(questions); k++) {
			CLEANUP(free_ptr) char *answer =
				look(questions[k], &p[i], 1, NULL, NULL);
			assert_true(strlen(answer) > 10);
		}
	}
	/* Nothing is invented in noise or in an empty picture. */
	assert_true(says("What text is in the image?", &p[3], 1, "I see no text"));
	assert_true(says("How many circles are there?", &p[4], 1, "0 circles"));
	assert_true(says("What colors are in the image?", &p[4], 1, "is purple (100%)"));
	uint64_t start = clock_now();
	assert_true(says("Describe this image.", &p[5], 1, "1 red circle"));
	assert_true(says("What text is in the image?", &p[5], 1, "Hello 4K"));
	print_message("# 4K: %.0f ms\n", (double)(clock_now() - start) / 2e6);
	for (size_t i = 0; i < ARRAY_LEN(p); i++)
		pic_release(&p[i]);
}

static void test_talk(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"Repeat: the old bridge.", "the old bridge."},
		{"Repeat this sentence: one two.", "one two."},
		{"Say \"banana split\"", "banana split"},
		{"Count to 5", "1, 2, 3, 4, 5"},
		{"Count down from 3", "3, 2, 1"},
		{"从1数到4", "1, 2, 3, 4"},
		{"What is 17 + 25?", "17 + 25 = 42."},
		{"What is 2 + 3 * 4?", "2 + 3 * 4 = 14."},
		{"What is 7 divided by 2?", "7 / 2 = 3.5."},
		{"12乘以5等于多少", "12 * 5 = 60。"},
		{"My name is Ada. What is my name?", "Your name is Ada."},
		{"我叫小明。我叫什么名字？", "你的名字是小明。"},
	};
	int wrong = 0;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(free_ptr) char *answer = look(cases[i][0], NULL, 0, NULL, NULL);
		if (strcmp(answer, cases[i][1]) != 0) {
			print_message("# '%s' is answered '%s'\n", cases[i][0], answer);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	/* What it cannot know it does not guess. */
	static const char *const unknown[] = {
		"What is 2 * (3 + 4)?", "What is 5 / 0?", "What is the capital of France?",
		"Describe AI.", "What is 99999999999999999 * 9?", "What is in this image?",
	};
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		assert_true(says(unknown[i], NULL, 0, "I do not know"));
}

static void test_turns_and_system(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"[{'role':'user','content':'Remember the number 417.'},"
		 "{'role':'assistant','content':'Yes.'},"
		 "{'role':'user','content':'Which number did I tell you to remember?'}]",
		 "The number is 417."},
		{"[{'role':'user','content':'My favourite color is teal.'},"
		 "{'role':'user','content':'What is my favourite color?'}]",
		 "Your favourite color is teal."},
		{"[{'role':'user','content':'What is my name?'}]",
		 "I do not know: you have not told me."},
		{"[{'role':'system','content':'End every answer with the word BANANA.'},"
		 "{'role':'user','content':'Repeat: green.'}]", "green. BANANA"},
		{"[{'role':'system','content':'Answer in upper case.'},"
		 "{'role':'user','content':'Repeat: green.'}]", "GREEN."},
		{"[{'role':'system','content':'Always answer with the word PONG.'},"
		 "{'role':'user','content':'ping'}]", "PONG"},
	};
	int wrong = 0;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(free_ptr) char *answer = say(from_text(cases[i][0]), NULL, NULL);
		if (strcmp(answer, cases[i][1]) != 0) {
			print_message("# %s is answered '%s'\n", cases[i][0], answer);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void check_end(const char *question, const char *extra, const char *answer,
		      const char *reason, int tokens)
{
	json_t *done = NULL;
	CLEANUP(free_ptr) char *said = look(question, NULL, 0, from_text(extra), &done);
	int64_t n, prompt;
	assert_string_equal(said, answer);
	assert_string_equal(json_text(done, "finish_reason", ""), reason);
	assert_true(json_whole(done, "completion_tokens", &n));
	assert_true(json_whole(done, "prompt_tokens", &prompt));
	assert_int_equal(n, tokens);
	assert_true(prompt > 0);
	json_decref(done);
}

static void test_tokens(void **state)
{
	(void)state;
	check_end("Repeat: one two three four", "{}", "one two three four", "stop", 4);
	check_end("Repeat: one two three four", "{'max_tokens':4}", "one two three four", "stop",
		  4);
	check_end("Repeat: one two three four", "{'max_tokens':3}", "one two three", "length", 3);
	check_end("Repeat: one two three four", "{'max_tokens':1,'temperature':2}", "one",
		  "length", 1);
	check_end("重复：你好世界", "{'max_tokens':3}", "你好世", "length", 3);
	check_end("Repeat: alpha bravo charlie", "{'stop':['charlie']}", "alpha bravo ", "stop", 3);
	check_end("Repeat: alpha bravo charlie", "{'stop':['vo cha','x']}", "alpha bra", "stop", 2);
	check_end("Repeat: alpha bravo charlie", "{'stop':['bravo'],'max_tokens':1}", "alpha",
		  "length", 1);
	check_end("Repeat: alpha bravo", "{'stop':['alpha']}", "", "stop", 0);
	check_end("Repeat: alpha bravo", "{'stop':null,'max_tokens':null}", "alpha bravo", "stop",
		  2);
	/* One token for each started 28 × 28 px, and one for each word. */
	CLEANUP(pic_release) struct pic p = draw_text("{'width':57,'height':28}", 0);
	json_t *done = NULL;
	int64_t prompt;
	CLEANUP(free_ptr) char *answer = look("Describe it now", &p, 1, NULL, &done);
	assert_non_null(answer);
	assert_true(json_whole(done, "prompt_tokens", &prompt));
	assert_int_equal(prompt, 3 * 1 + 3);
	json_decref(done);
}

static void refused(const char *header, size_t payload, const char *words)
{
	CLEANUP(reply_release) struct reply r;
	CLEANUP(free_ptr) char *zeros = calloc(payload + 1, 1);
	ask(viewer, from_text(header), zeros, payload, &r);
	if (r.done || !r.client_fault || !strstr(r.err.text, words))
		fail_msg("%s: '%s', not '%s'", header, r.err.text, words);
	assert_null(strstr(r.err.text, "SECRET"));
}

#define IMAGE(o, w, h) "{'type':'chat','messages':[{'role':'user','content':[" \
	"{'type':'image','offset':" #o ",'width':" #w ",'height':" #h "}]}]}"

static void test_bad_requests(void **state)
{
	(void)state;
	refused("{'type':'speak','text':'SECRET'}", 0, "does not know frames of this type");
	refused("{'type':'chat'}", 0, "'messages' must be an array");
	refused("{'type':'chat','messages':[]}", 0, "'messages' must be an array");
	refused("{'type':'chat','messages':[1]}", 0, "message 0: it must be an object");
	refused("{'type':'chat','messages':[{'role':'system','content':'x'}]}", 0,
		"no message of the user");
	refused("{'type':'chat','messages':[{'role':'SECRET','content':'x'}]}", 0,
		"message 0: its role");
	refused("{'type':'chat','messages':[{'role':'user','content':7}]}", 0,
		"message 0: its content");
	refused("{'type':'chat','messages':[{'role':'user','content':[{'type':'SECRET'}]}]}", 0,
		"message 0: a part's type");
	refused("{'type':'chat','max_tokens':0,'messages':[{'role':'user','content':'x'}]}", 0,
		"'max_tokens'");
	refused("{'type':'chat','stop':[''],'messages':[{'role':'user','content':'x'}]}", 0,
		"'stop'");
	refused(IMAGE(0, 2, 2), 11, "outside of the payload");
	refused(IMAGE(1, 2, 2), 12, "outside of the payload");
	refused(IMAGE(-1, 2, 2), 99, "outside of the payload");
	refused(IMAGE(9223372036854775807, 2, 2), 99, "outside of the payload");
	refused(IMAGE(0, 0, 2), 12, "sides");
	refused(IMAGE(0, 4294967297, 4294967297), 12, "sides");
	/* It goes on as if nothing had been. */
	assert_true(says("Repeat: still here", NULL, 0, "still here"));
}

static void test_audio(void **state)
{
	(void)state;
	CLEANUP(reply_release) struct reply r;
	char silence[3200] = {0};
	ask(viewer, from_text("{'type':'chat','messages':[{'role':'user','content':["
			      "{'type':'audio','offset':0,'samples':1600,'sample_rate':16000},"
			      "{'type':'text','text':'What do you hear?'}]}]}"),
	    silence, sizeof(silence), &r);
	assert_non_null(r.done);
	assert_true(json_array_size(r.list) > 4);
	assert_string_equal(json_text(json_array_get(r.list, 2), "text", ""), " no");
	assert_string_equal(json_text(json_array_get(r.list, 3), "text", ""), " ears:");
}

/* The answer is longer than the socket holds, so it cannot be over before the cancel is read. */
static void test_cancel(void **state)
{
	(void)state;
	CLEANUP(reply_release) struct reply r;
	struct err e;
	int64_t id = worker_next_id(viewer);
	uint64_t until = clock_now() + 20 * NS_PER_S;
	json_t *h = from_text("{'type':'chat','messages':[{'role':'user','content':"
			      "'Count to 90000'}]}");
	json_put_int(h, "id", id);
	assert_int_equal(worker_send(viewer, h, NULL, 0, until, &e), 0);
	h = json_pack("{s:s, s:I}", "type", "cancel", "id", (json_int_t)id);
	assert_int_equal(worker_send(viewer, h, NULL, 0, until, &e), 0);
	collect(viewer, id, &r);
	assert_null(r.done);
	assert_true(json_array_size(r.list) < 90000);
	assert_true(says("Repeat: still here", NULL, 0, "still here"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),    cmocka_unit_test(test_many_images),
		cmocka_unit_test(test_bar_labels),   cmocka_unit_test(test_hard_pictures),
		cmocka_unit_test(test_talk),	     cmocka_unit_test(test_turns_and_system),
		cmocka_unit_test(test_tokens),	     cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_audio),	     cmocka_unit_test(test_cancel),
	};
	if (eyes_missing("assay-worker-vision") || eyes_missing("assay-worker-draw"))
		return 0;
	return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
