/* tests/workers/vision/test-draw.c - the draw worker: its pixels, its limits, its errors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "eyes.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"

static void draw_as(const char *scene, const char *format, int quality, struct reply *r)
{
	json_t *h = json_pack("{s:s, s:o, s:s}", "type", "draw", "scene", from_text(scene),
			      "format", format);
	if (quality)
		json_put_int(h, "quality", quality);
	ask(drawer, h, NULL, 0, r);
}

static bool is_color(const struct pic *p, int x, int y, unsigned rgb)
{
	const unsigned char *at = p->rgb + 3 * ((size_t)y * (size_t)p->width + (size_t)x);
	return at[0] == (rgb >> 16 & 255) && at[1] == (rgb >> 8 & 255) && at[2] == (rgb & 255);
}

static size_t count_color(const struct pic *p, unsigned rgb)
{
	size_t n = 0;
	for (int y = 0; y < p->height; y++) {
		for (int x = 0; x < p->width; x++)
			n += is_color(p, x, y, rgb);
	}
	return n;
}

#define SCENE "{'width':200,'height':100,'background':'yellow','items':[" \
	"{'shape':'circle','color':'red','x':50,'y':50,'size':60}," \
	"{'text':'Ab \u4f60','x':100,'y':20,'size':30,'color':'blue'}," \
	"{'noise':7,'strength':0.1}]}"

static void test_formats(void **state)
{
	(void)state;
	static const char *const formats[] = {"png", "jpeg", "rgb"};
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		CLEANUP(reply_release) struct reply a, b;
		draw_as(SCENE, formats[i], 0, &a);
		draw_as(SCENE, formats[i], 0, &b);
		assert_non_null(a.done);
		assert_int_equal(a.frames, 1);
		assert_string_equal(json_text(a.first, "type", ""), "image");
		assert_string_equal(json_text(a.first, "format", ""), formats[i]);
		/* The same scene: the same bytes. */
		assert_int_equal(a.payload.len, b.payload.len);
		assert_memory_equal(a.payload.data, b.payload.data, a.payload.len);
		if (i == 0)
			assert_memory_equal(a.payload.data, "\x89PNG\r\n\x1a\n", 8);
		if (i == 1)
			assert_memory_equal(a.payload.data, "\xff\xd8\xff", 3);
		if (i == 2)
			assert_int_equal(a.payload.len, 3 * 200 * 100);
	}
	CLEANUP(reply_release) struct reply good, bad;
	draw_as(SCENE, "jpeg", 95, &good);
	draw_as(SCENE, "jpeg", 20, &bad);
	assert_true(good.payload.len > 2 * bad.payload.len);
}

static void test_pixels(void **state)
{
	(void)state;
	CLEANUP(pic_release) struct pic p = draw_text(
		"{'width':300,'height':200,'background':'#102030','items':["
		"{'shape':'square','color':'green','x':50,'y':50,'size':40},"
		"{'shape':'rectangle','color':'orange','x':150,'y':50,'width':60,'height':20},"
		"{'shape':'circle','color':'pink','x':250,'y':50,'size':80},"
		"{'shape':'triangle','color':'cyan','x':50,'y':150,'size':60},"
		"{'shape':'star','color':'purple','x':150,'y':150,'size':80}]}", 0);
	assert_true(is_color(&p, 0, 0, 0x102030));
	assert_true(is_color(&p, 50, 50, 0x20a030));
	assert_int_equal(count_color(&p, 0x20a030), 40 * 40);
	assert_int_equal(count_color(&p, 0xff8c10), 60 * 20);
	/* Areas but for mixed edges: π r², base × height / 2. */
	assert_in_range(count_color(&p, 0xff90c0), 4800, 5027);
	assert_in_range(count_color(&p, 0x10d0e0), 1520, 1620);
	assert_in_range(count_color(&p, 0x8020a0), 1700, 2000);
	/* A turned square is as large; its old corner is background. */
	CLEANUP(pic_release) struct pic turned = draw_text(
		"{'width':100,'height':100,'items':["
		"{'shape':'square','color':'black','x':50,'y':50,'size':40,'angle':45}]}", 0);
	assert_in_range(count_color(&turned, 0), 1480, 1600);
	assert_true(is_color(&turned, 32, 32, 0xffffff));
	assert_true(is_color(&turned, 50, 24, 0));
}

static size_t ink_of(const char *text)
{
	char scene[512];
	(void)snprintf(scene, sizeof(scene), "{'width':200,'height':80,'items':["
		       "{'text':'%s','x':10,'y':10,'size':40}]}", text);
	CLEANUP(pic_release) struct pic p = draw_text(scene, 0);
	return 200 * 80 - count_color(&p, 0xffffff);
}

static void test_text(void **state)
{
	(void)state;
	assert_int_equal(ink_of(" "), 0);
	assert_true(ink_of("WW") > ink_of("ii"));
	/* Missing glyphs would all be the same box. */
	assert_true(ink_of("\u4e00") * 2 < ink_of("\u9999"));
	assert_true(ink_of("\u4f53") != ink_of("\u7b80"));
	/* Centred text lies around its point. */
	CLEANUP(pic_release) struct pic p = draw_text(
		"{'width':200,'height':100,'items':["
		"{'text':'HH','x':100,'y':50,'size':40,'align':'center'}]}", 0);
	size_t left = 0, right = 0;
	for (int y = 0; y < 100; y++) {
		for (int x = 0; x < 200; x++) {
			left += x < 100 && !is_color(&p, x, y, 0xffffff);
			right += x >= 100 && !is_color(&p, x, y, 0xffffff);
		}
	}
	assert_true(left > 100 && left < right * 11 / 10 && right < left * 11 / 10);
}

static void test_chart(void **state)
{
	(void)state;
	CLEANUP(pic_release) struct pic p = draw_text(
		"{'width':400,'height':300,'items':["
		"{'chart':'bar','values':[1,2,4],'color':'red'}]}", 0);
	/* Heights of the bars, by columns of pure red. */
	int heights[400] = {0}, n = 0, seen[3] = {0};
	for (int x = 1; x < 400; x++) {
		for (int y = 0; y < 300; y++)
			heights[x] += is_color(&p, x, y, 0xe02020);
		if (heights[x] > 0 && heights[x - 1] == 0 && n < 3)
			seen[n++] = heights[x];
	}
	assert_int_equal(n, 3);
	/* The axis hides as much of each, so differences compare. */
	int one = seen[1] - seen[0], three = seen[2] - seen[0];
	assert_true(one > 30);
	assert_in_range(three, 3 * one - 3, 3 * one + 3);
}

static void test_noise(void **state)
{
	(void)state;
	CLEANUP(pic_release) struct pic a = draw_text(
		"{'width':64,'height':64,'background':'gray','items':["
		"{'noise':1,'strength':0.1}]}", 0);
	CLEANUP(pic_release) struct pic b = draw_text(
		"{'width':64,'height':64,'background':'gray','items':["
		"{'noise':2,'strength':0.1}]}", 0);
	size_t same = 0;
	double sum = 0;
	for (size_t i = 0; i < 3 * 64 * 64; i++) {
		assert_in_range(a.rgb[i], 128 - 13, 128 + 13);
		same += a.rgb[i] == b.rgb[i];
		sum += a.rgb[i];
	}
	assert_true(same < 3 * 64 * 64 / 10);
	assert_true(sum / (3 * 64 * 64) > 127 && sum / (3 * 64 * 64) < 129);
}

static void refused(const char *scene, const char *words)
{
	CLEANUP(reply_release) struct reply r;
	draw_as(scene, "rgb", 0, &r);
	if (r.done || !r.client_fault || !strstr(r.err.text, words))
		fail_msg("%s: '%s', not '%s'", scene, r.err.text, words);
	/* A message never holds what the client sent. */
	assert_null(strstr(r.err.text, "SECRET"));
}

static void test_bad_scenes(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"[]", "the scene must be an object"},
		{"{'height':10}", "the scene lacks the number 'width'"},
		{"{'width':0,'height':10}", "'width' must be from 1 to 16384"},
		{"{'width':16385,'height':10}", "'width' must be from 1 to 16384"},
		{"{'width':10.5,'height':10}", "whole numbers"},
		{"{'width':10,'height':'SECRET'}", "'height' must be a number"},
		{"{'width':10,'height':10,'SECRET':1}", "the scene has an unknown key"},
		{"{'width':10,'height':10,'background':'SECRET'}", "'background' is no colour"},
		{"{'width':10,'height':10,'background':'#12345g'}", "'background' is no colour"},
		{"{'width':10,'height':10,'items':{}}", "'items' must be an array"},
		{"{'width':10,'height':10,'items':[7]}", "item 0 must be an object"},
		{"{'width':10,'height':10,'items':[{'x':1}]}", "item 0 has none of the keys"},
		{"{'width':10,'height':10,'items':[{'shape':'circle','x':1,'y':1,'size':2},"
		 "{'shape':'SECRET','x':1,'y':1,'size':2}]}", "item 1: 'shape' must be"},
		{"{'width':10,'height':10,'items':[{'shape':'circle','x':1,'size':2}]}",
		 "item 0 lacks the number 'y'"},
		{"{'width':10,'height':10,'items':[{'shape':'circle','x':1,'y':1,'size':-2}]}",
		 "item 0: 'size' must be from"},
		{"{'width':10,'height':10,'items':[{'shape':'star','x':1,'y':1,'sise':2}]}",
		 "item 0 has an unknown key; it may have: shape, color"},
		{"{'width':10,'height':10,'items':[{'text':5,'x':1,'y':1,'size':9}]}",
		 "item 0: 'text' must be a text"},
		{"{'width':10,'height':10,'items':[{'text':'a','x':1,'y':1,'size':9,"
		 "'font':'SECRET'}]}", "no such 'font'"},
		{"{'width':99,'height':99,'items':[{'chart':'pie','values':[1]}]}",
		 "item 0: 'chart' must be line or bar"},
		{"{'width':99,'height':99,'items':[{'chart':'bar','values':[]}]}",
		 "item 0: 'values' must be an array of 1 to 1000"},
		{"{'width':99,'height':99,'items':[{'chart':'bar','values':[1,null]}]}",
		 "item 0: 'values' must hold numbers"},
		{"{'width':99,'height':99,'items':[{'chart':'bar','values':[1,2],"
		 "'labels':['a']}]}", "item 0: 'labels' must be an array as long"},
		{"{'width':9,'height':9,'items':[{'noise':1,'strength':2}]}",
		 "item 0: 'strength' must be from 0 to 1"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		refused(cases[i][0], cases[i][1]);
}

static void test_limits(void **state)
{
	(void)state;
	json_t *items = json_array();
	for (int i = 0; i < 1001; i++)
		json_array_append_new(items, from_text("{'noise':1,'strength':0}"));
	CLEANUP(reply_release) struct reply many, format, huge, wide;
	ask(drawer, json_pack("{s:s, s:s, s:{s:i, s:i, s:o}}", "type", "draw", "format", "rgb",
			      "scene", "width", 4, "height", 4, "items", items), NULL, 0, &many);
	assert_true(!many.done && many.client_fault);
	assert_non_null(strstr(many.err.text, "more than 1000 items"));
	draw_as("{'width':4,'height':4}", "gif", 0, &format);
	assert_true(!format.done && format.client_fault);
	assert_non_null(strstr(format.err.text, "png, jpeg or rgb"));
	draw_as("{'width':16384,'height':1400}", "rgb", 0, &huge);
	assert_true(!huge.done && huge.client_fault);
	assert_non_null(strstr(huge.err.text, "64 MiB"));
	/* It goes on after errors, and draws what is large but allowed. */
	draw_as("{'width':16384,'height':2}", "png", 0, &wide);
	assert_non_null(wide.done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats), cmocka_unit_test(test_pixels),
		cmocka_unit_test(test_text),	cmocka_unit_test(test_chart),
		cmocka_unit_test(test_noise),	cmocka_unit_test(test_bad_scenes),
		cmocka_unit_test(test_limits),
	};
	if (eyes_missing("assay-worker-draw"))
		return 0;
	return cmocka_run_group_tests(tests, drawer_open, eyes_close);
}
