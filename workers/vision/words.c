/* workers/vision/words.c - see words.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <ctype.h>
#include <string.h>

#include "base/util.h"

static const struct {
	const char *en, *zh;
	const char *ask[6];
} color_words[N_COLORS] = {
	[COL_RED] = {"red", "红色", {"red", "红"}},
	[COL_GREEN] = {"green", "绿色", {"green", "绿"}},
	[COL_BLUE] = {"blue", "蓝色", {"blue", "蓝"}},
	[COL_YELLOW] = {"yellow", "黄色", {"yellow", "黄"}},
	[COL_ORANGE] = {"orange", "橙色", {"orange", "橙", "橘"}},
	[COL_PURPLE] = {"purple", "紫色", {"purple", "violet", "紫"}},
	[COL_BLACK] = {"black", "黑色", {"black", "黑"}},
	[COL_WHITE] = {"white", "白色", {"white", "白"}},
	[COL_GRAY] = {"gray", "灰色", {"gray", "grey", "灰"}},
	[COL_BROWN] = {"brown", "棕色", {"brown", "棕", "褐"}},
	[COL_PINK] = {"pink", "粉色", {"pink", "粉"}},
	[COL_CYAN] = {"cyan", "青色", {"cyan", "turquoise", "青"}},
};

static const struct {
	const char *one, *many, *zh;
	const char *ask[7];
} shape_words[N_SHAPES] = {
	[SHAPE_OTHER] = {"shape", "shapes", "图形", {NULL}},
	[SHAPE_CIRCLE] = {"circle", "circles", "圆形",
			  {"circle", "disc$", "dot$", "dots$", "ball", "圆"}},
	[SHAPE_SQUARE] = {"square", "squares", "正方形", {"square", "正方", "方块"}},
	[SHAPE_TRIANGLE] = {"triangle", "triangles", "三角形", {"triangle", "三角"}},
	[SHAPE_RECTANGLE] = {"rectangle", "rectangles", "长方形",
			     {"rectangle", "长方", "矩形"}},
	[SHAPE_STAR] = {"star", "stars", "星形", {"star$", "stars$", "星"}},
	[SHAPE_OVAL] = {"oval", "ovals", "椭圆形", {"oval", "ellipse", "椭圆"}},
	[SHAPE_POLYGON] = {"polygon", "polygons", "多边形",
			   {"polygon", "pentagon", "hexagon", "多边"}},
};

const char *word_color(enum color c, bool zh)
{
	return zh ? color_words[c].zh : color_words[c].en;
}

const char *word_shape(enum shape s, bool zh, bool plural)
{
	if (zh)
		return shape_words[s].zh;
	return plural ? shape_words[s].many : shape_words[s].one;
}

const char *word_position(const struct sight *s, double x, double y, bool zh)
{
	static const char *const en[9] = {
		"at the top left", "at the top", "at the top right",
		"on the left", "in the center", "on the right",
		"at the bottom left", "at the bottom", "at the bottom right",
	};
	static const char *const zh_words[9] = {
		"左上角", "上方", "右上角", "左侧", "中间", "右侧", "左下角", "下方", "右下角",
	};
	int column = (int)(x * 3 / s->view.width), row = (int)(y * 3 / s->view.height);
	int i = 3 * MAX(0, MIN(2, row)) + MAX(0, MIN(2, column));
	return zh ? zh_words[i] : en[i];
}

const char *word_article(const char *word)
{
	return word[0] && strchr("aeiou", word[0]) ? "an" : "a";
}

char *words_lower(struct arena *a, const char *text)
{
	char *low = arena_str(a, text);
	for (char *p = low; *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	return low;
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static const char *find_one(const char *low, const char *word, const char **ret_end)
{
	size_t len = strlen(word);
	bool latin = is_letter(word[0]), whole = latin && len <= 3;
	if (len > 1 && word[len - 1] == '$') {
		len--;
		whole = true;
	}
	for (const char *p = low; *p; p++) {
		if (strncmp(p, word, len) != 0)
			continue;
		if (latin && p > low && is_letter(p[-1]))
			continue;
		if (whole && is_letter(p[len]))
			continue;
		if (ret_end)
			*ret_end = p + len;
		return p;
	}
	return NULL;
}

const char *words_find(const char *low, const char *const *list, const char **ret_end)
{
	const char *best = NULL, *end = NULL;
	for (size_t i = 0; list[i]; i++) {
		const char *found = find_one(low, list[i], &end);
		if (found && (!best || found < best)) {
			best = found;
			if (ret_end)
				*ret_end = end;
		}
	}
	return best;
}

bool words_has(const char *low, const char *const *list)
{
	return words_find(low, list, NULL) != NULL;
}

int words_color(const char *low)
{
	const char *best = NULL;
	int color = -1;
	for (int i = 0; i < N_COLORS; i++) {
		const char *found = words_find(low, color_words[i].ask, NULL);
		if (found && (!best || found < best)) {
			best = found;
			color = i;
		}
	}
	return color;
}

int words_shape(const char *low)
{
	const char *best = NULL;
	int shape = -1;
	for (int i = SHAPE_CIRCLE; i < N_SHAPES; i++) {
		const char *found = words_find(low, shape_words[i].ask, NULL);
		/* 椭圆 holds 圆: the longer word begins earlier. */
		if (found && (!best || found < best)) {
			best = found;
			shape = i;
		}
	}
	return shape;
}
