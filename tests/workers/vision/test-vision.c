/* tests/workers/vision/test-vision.c - how often is the vision worker right? Scenes of many seeds.
 * SPDX-License-Identifier: Apache-2.0 */
#include "eyes.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/util.h"

static const char *const colors[] = {"red",   "green", "blue",	"yellow", "orange", "purple",
				     "black", "gray",  "brown", "pink",	  "cyan"};
static const char *const shapes[] = {"circle", "square", "triangle", "rectangle", "star"};

static const char *any(struct rng *r, const char *const *words, size_t n)
{
	return words[rng_below(r, n)];
}

static int between(struct rng *r, int low, int high)
{
	return low + (int)rng_below(r, (uint64_t)(high - low + 1));
}

/* Shapes in cells of a grid, so that none touches another. kinds: count of color × shape. */
static json_t *random_shapes(struct rng *r, int kinds[11][5])
{
	json_t *items = json_array();
	const char *ground = rng_below(r, 3) ? "white" : "#f0f0e0";
	for (int cell = 0; cell < 9; cell++) {
		if (rng_below(r, 2))
			continue;
		size_t color = rng_below(r, ARRAY_LEN(colors));
		size_t shape = rng_below(r, ARRAY_LEN(shapes));
		int size = between(r, 24, 110);
		json_array_append_new(
			items, json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}", "shape", shapes[shape],
					 "color", colors[color], "x", 90 + 170 * (cell % 3), "y",
					 90 + 170 * (cell / 3), "size", size, "angle",
					 rng_below(r, 2) ? between(r, 0, 359) : 0));
		kinds[color][shape]++;
	}
	return json_pack("{s:i, s:i, s:s, s:o}", "width", 520, "height", 520, "background", ground,
			 "items", items);
}

/* Is the answer's list exactly what was drawn? */
static bool lists(const char *answer, int kinds[11][5])
{
	int wanted = 0, named = 0;
	for (size_t c = 0; c < ARRAY_LEN(colors); c++) {
		for (size_t s = 0; s < ARRAY_LEN(shapes); s++) {
			char words[64];
			int n = kinds[c][s];
			wanted += n > 0;
			(void)snprintf(words, sizeof(words), " %d %s %s%s", n, colors[c], shapes[s],
				       n > 1 ? "s" : "");
			if (n > 0 && !strstr(answer, words))
				return false;
		}
	}
	for (const char *p = answer; *p; p++)
		named += *p >= '1' && *p <= '9';
	return named == wanted;
}

static void test_shapes(void **state)
{
	(void)state;
	int right[2] = {0}, n = 100;
	for (int i = 0; i < 2 * n; i++) {
		struct rng r;
		int kinds[11][5] = {{0}};
		rng_init_named(&r, (uint64_t)i, "shapes");
		CLEANUP(pic_release) struct pic p = draw(random_shapes(&r, kinds), i % 2 ? 90 : 0);
		CLEANUP(free_ptr) char *answer =
			look("Which shapes are in this image?", &p, 1, NULL, NULL);
		right[i % 2] += lists(answer, kinds);
	}
	print_message("# shapes: %d of %d, JPEG %d of %d\n", right[0], n, right[1], n);
	assert_true(right[0] >= n * 98 / 100);
	assert_true(right[1] >= n * 98 / 100);
}

static void test_counts_and_colors(void **state)
{
	(void)state;
	int right = 0, n = 60;
	for (int i = 0; i < n; i++) {
		struct rng r;
		char question[128], words[64];
		rng_init_named(&r, (uint64_t)i, "counts");
		int kinds[11][5] = {{0}};
		CLEANUP(pic_release) struct pic p = draw(random_shapes(&r, kinds), i % 2 ? 90 : 0);
		size_t c = rng_below(&r, ARRAY_LEN(colors)), s = rng_below(&r, ARRAY_LEN(shapes));
		for (int tries = 0; tries < 100 && kinds[c][s] == 0 && i % 4; tries++) {
			c = rng_below(&r, ARRAY_LEN(colors));
			s = rng_below(&r, ARRAY_LEN(shapes));
		}
		(void)snprintf(question, sizeof(question), "How many %s %ss are there?", colors[c],
			       shapes[s]);
		(void)snprintf(words, sizeof(words), " %d %s %s", kinds[c][s], colors[c],
			       shapes[s]);
		right += says(question, &p, 1, words);
	}
	assert_true(right >= n * 98 / 100);
}

enum { UP, DOWN, FLAT, PEAK };

/* n values of that trend with a little disorder. */
static json_t *trend_values(struct rng *r, int trend, int n)
{
	json_t *values = json_array();
	double low = 5 + 35 * rng_unit(r), rise = 30 + 70 * rng_unit(r);
	int top = n / 3 + (int)rng_below(r, (uint64_t)(n / 3) + 1);
	for (int i = 0; i < n; i++) {
		double at = (double)i / (n - 1), shake = (rng_unit(r) - 0.5) * 0.1;
		double v = low + rise * (at + shake);
		if (trend == DOWN)
			v = low + rise * (1 - at + shake);
		if (trend == FLAT)
			v = (low + rise) * (1 + shake / 3);
		if (trend == PEAK)
			v = low + rise * (i <= top ? (double)i / top :
						     (double)(n - 1 - i) / (n - 1 - top));
		json_array_append_new(values, json_real(v));
	}
	return values;
}

static void test_charts(void **state)
{
	(void)state;
	static const char *const words[] = {"increas", "decreas", "flat", "peak"};
	int right[2] = {0}, n = 120;
	for (int i = 0; i < 2 * n; i++) {
		struct rng r;
		rng_init_named(&r, (uint64_t)i, "charts");
		int trend = i % 4, bars = between(&r, 5, 12);
		const char *kind = i / 4 % 2 ? "bar" : "line";
		json_t *chart = json_pack("{s:s, s:o, s:s, s:i}", "chart", kind, "values",
					  trend_values(&r, trend, bars), "color",
					  any(&r, colors, ARRAY_LEN(colors)), "ticks",
					  between(&r, 0, 5));
		if (rng_below(&r, 2))
			json_put_text(chart, "title", "Sales 2024");
		CLEANUP(pic_release) struct pic p = draw(
			json_pack("{s:i, s:i, s:[o]}", "width", between(&r, 300, 900), "height",
				  between(&r, 260, 700), "items", chart), i < n ? 0 : 90);
		bool good = says("What trend does this chart show?", &p, 1, words[trend]);
		if (good && trend != FLAT && i / 4 % 2) {
			char count[32];
			(void)snprintf(count, sizeof(count), "has %d bars", bars);
			good = says("What trend does this chart show?", &p, 1, count);
		}
		right[i / n] += good;
	}
	print_message("# charts: %d of %d, JPEG %d of %d\n", right[0], n, right[1], n);
	assert_true(right[0] >= n * 98 / 100);
	assert_true(right[1] >= n * 98 / 100);
}

/* One line of text of random size and colours. */
static struct pic draw_line(struct rng *r, const char *text, int quality)
{
	static const char *const pairs[][2] = {
		{"white", "black"}, {"white", "blue"}, {"black", "white"}, {"yellow", "black"},
		{"cyan", "purple"}, {"white", "red"},  {"gray", "white"},
	};
	const char *const *pair = pairs[rng_below(r, ARRAY_LEN(pairs))];
	int size = between(r, 24, 64);
	json_t *item = json_pack("{s:s, s:i, s:i, s:i, s:s}", "text", text, "x", 30, "y", 25,
				 "size", size, "color", pair[1]);
	return draw(json_pack("{s:i, s:i, s:s, s:[o]}", "width",
			      80 + size * (int)strlen(text) * 3 / 4, "height", 60 + size * 2,
			      "background", pair[0], "items", item), quality);
}

static bool reads(const struct pic *p, const char *text)
{
	CLEANUP(free_ptr) char *answer =
		look("What text is in this image? Output only the text.", p, 1, NULL, NULL);
	if (strcasecmp(answer, text) == 0)
		return true;
	print_message("# '%s' was read as '%s'\n", text, answer);
	return false;
}

static void test_reading(void **state)
{
	(void)state;
	static const char *const words[] = {
		"HELLO", "World", "time", "year", "people", "Invoice", "TOTAL", "Price", "Order",
		"water", "history", "Server", "model", "research", "Coffee", "office", "morning",
	};
	int right = 0, n = 100;
	for (int i = 0; i < n; i++) {
		struct rng r;
		char text[64];
		rng_init_named(&r, (uint64_t)i, "reading");
		if (i % 3 == 0)
			(void)snprintf(text, sizeof(text), "%s %d", any(&r, words, 17),
				       between(&r, 10, 9999));
		else if (i % 3 == 1)
			(void)snprintf(text, sizeof(text), "%d", between(&r, 10, 9999999));
		else
			(void)snprintf(text, sizeof(text), "%s %s", any(&r, words, 17),
				       any(&r, words, 17));
		CLEANUP(pic_release) struct pic p = draw_line(&r, text, i % 2 ? 90 : 0);
		right += reads(&p, text);
	}
	print_message("# Latin text: %d of %d\n", right, n);
	assert_true(right >= n * 95 / 100);
}

static void test_reading_chinese(void **state)
{
	(void)state;
	static const char common[] = "天地人大小上下左右中国学生老师朋友工作时间世界公司城市电话电脑"
				     "手机汽车火车飞机早上晚上今天明天昨天北京上海广州深圳春夏秋冬"
				     "山水花草红黄蓝绿黑白东南西北高低长短多少开关门窗语文数学英语"
				     "历史人工智能正在改变方面气非常好模型测试服务图片文字识别";
	int right = 0, n = 80;
	for (int i = 0; i < n; i++) {
		struct rng r;
		char text[32] = "";
		rng_init_named(&r, (uint64_t)i, "chinese");
		int len = between(&r, 4, 6);
		for (int k = 0; k < len; k++)
			memcpy(text + 3 * k,
			       common + 3 * rng_below(&r, (sizeof(common) - 1) / 3), 3);
		CLEANUP(pic_release) struct pic p = draw_line(&r, text, i % 2 ? 90 : 0);
		right += reads(&p, text);
	}
	print_message("# Chinese text: %d of %d\n", right, n);
	assert_true(right >= n * 90 / 100);
}

static void test_motion(void **state)
{
	(void)state;
	static const struct {
		int dx, dy;
		const char *words;
	} ways[] = {
		{1, 0, "from left to right"},	{-1, 0, "from right to left"},
		{0, 1, "from top to bottom"},	{0, -1, "from bottom to top"},
		{1, 1, "down and to the right"}, {-1, -1, "up and to the left"},
		{0, 0, "Nothing moves"},
	};
	int right = 0, n = 70;
	for (int i = 0; i < n; i++) {
		struct rng r;
		struct pic p[5];
		rng_init_named(&r, (uint64_t)i, "motion");
		size_t way = (size_t)i % ARRAY_LEN(ways), frames = 3 + rng_below(&r, 3);
		int step = between(&r, 12, 30), size = between(&r, 24, 50);
		const char *color = any(&r, colors, ARRAY_LEN(colors));
		const char *shape = any(&r, shapes, ARRAY_LEN(shapes));
		for (size_t k = 0; k < frames; k++) {
			json_t *ball = json_pack(
				"{s:s, s:s, s:i, s:i, s:i}", "shape", shape, "color", color, "x",
				200 + ways[way].dx * step * ((int)k - 2), "y",
				200 + ways[way].dy * step * ((int)k - 2), "size", size);
			p[k] = draw(json_pack("{s:i, s:i, s:[o, {s:s, s:s, s:i, s:i, s:i}]}",
					      "width", 400, "height", 400, "items", ball, "shape",
					      "square", "color", "green", "x", 40, "y", 360,
					      "size", 40), i % 2 ? 90 : 0);
		}
		right += says("These are frames of a video. In which direction does it move?", p,
			      frames, ways[way].words);
		for (size_t k = 0; k < frames; k++)
			pic_release(&p[k]);
	}
	print_message("# motion: %d of %d\n", right, n);
	assert_true(right >= n * 98 / 100);
}

static void test_appears(void **state)
{
	(void)state;
	struct pic p[3] = {
		draw_text("{'width':200,'height':200,'items':[]}", 90),
		draw_text("{'width':200,'height':200,'items':["
			  "{'shape':'star','color':'red','x':99,'y':99,'size':60}]}", 90),
		draw_text("{'width':200,'height':200}", 90),
	};
	assert_true(says("What happens in these frames?", p, 3, "red star appears in frame 2"));
	assert_true(says("What happens in these frames?", p, 3, "disappears after frame 2"));
	for (size_t i = 0; i < 3; i++)
		pic_release(&p[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),	cmocka_unit_test(test_counts_and_colors),
		cmocka_unit_test(test_charts),	cmocka_unit_test(test_reading),
		cmocka_unit_test(test_motion),	cmocka_unit_test(test_reading_chinese),
		cmocka_unit_test(test_appears),
	};
	if (eyes_missing("assay-worker-vision") || eyes_missing("assay-worker-draw"))
		return 0;
	return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
