/* workers/vision/question.c - see question.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "question.h"

#include <string.h>

#include "base/util.h"

#define WORDS(name, ...) static const char *const name[] = {__VA_ARGS__, NULL}

WORDS(w_motion, "motion", "move", "moves$", "moving", "movement", "direction", "video", "frame",
      "happen", "appear", "disappear", "sequence", "over time", "运动", "移动", "方向", "视频",
      "帧", "出现", "消失", "发生", "动了");
WORDS(w_which, "which image", "which picture", "which of the image", "which of the picture",
      "which of these", "which one", "which photo", "哪张", "哪一张", "哪幅", "哪个图");
WORDS(w_compare, "differ", "compare", "comparison", "same", "in common", "similar", "identical",
      "changed", "change$", "比较", "对比", "不同", "区别", "差异", "一样", "相同", "变化");
WORDS(w_chart, "trend", "chart", "graph", "plot", "curve", "bars", "bar", "increase", "increasing",
      "decrease", "decreasing", "histogram", "趋势", "图表", "柱状", "条形", "折线", "曲线",
      "上升", "下降", "柱子");
WORDS(w_bars, "bars", "bar", "柱");
WORDS(w_text, "text", "read", "ocr", "written", "writing", "word", "words", "letters", "says$",
      "say$", "transcribe", "extract", "spell", "caption says", "what number", "which number",
      "digits", "number shown", "文字", "文本", "写", "读", "识别", "字", "数字");
WORDS(w_count, "how many", "number of", "count", "多少", "几个", "数量", "有几", "几种", "几根",
      "几条");
WORDS(w_color, "color", "colour", "colors", "colours", "颜色", "什么色", "色彩");
WORDS(w_background, "background", "背景", "底色");
WORDS(w_shape, "shape", "figure", "object", "geometric", "形状", "图形", "物体", "东西");
WORDS(w_where, "where", "position", "located", "location", "哪里", "位置", "在哪", "什么地方");
WORDS(w_is_there, "is there", "are there", "does it contain", "does this image contain",
      "do you see a", "can you see a", "does the image contain", "does the picture contain",
      "contains a", "有没有", "是否有", "吗");
WORDS(w_size, "resolution", "dimension", "how large is the image", "how big is the image",
      "size of the image", "size of this image", "image size", "width", "height", "pixels",
      "分辨率", "尺寸", "图片大小", "像素");
WORDS(w_describe, "describe", "description", "detail", "caption", "what is in", "what's in",
      "what do you see", "what can you see", "what is this", "what does this", "what does the",
      "what is shown", "what are shown", "tell me about", "summarize", "explain", "look at",
      "content", "描述", "描绘", "说明", "介绍", "看到", "内容", "图中有什么", "是什么", "有什么");
WORDS(w_image, "image", "images", "picture", "pictures", "photo", "screenshot", "图", "照片");
WORDS(w_unknown, "animal", "person", "people", "man", "woman", "child", "children", "face",
      "cat", "dog", "bird", "car", "cars", "food", "plant", "building", "street", "brand",
      "weather", "动物", "人物", "几个人", "多少人", "猫", "狗", "车", "植物", "建筑");
WORDS(w_bare, "only the text", "just the text", "text only", "only the word", "nothing else",
      "only output", "output only", "without explanation", "answer only", "only answer",
      "one word", "single word", "only the number", "just the number", "只输出", "只回答",
      "仅输出", "只给出", "只需");

static const struct {
	enum extreme extreme;
	const char *words[8];
} extremes[] = {
	{EXTREME_LEFT, {"leftmost", "on the left", "left side", "最左", "左边"}},
	{EXTREME_RIGHT, {"rightmost", "on the right", "right side", "最右", "右边"}},
	{EXTREME_TOP, {"topmost", "at the top", "on top", "最上", "上面"}},
	{EXTREME_BOTTOM, {"bottommost", "at the bottom", "最下", "下面"}},
	{EXTREME_MIDDLE, {"in the middle", "in the center", "in the centre", "中间"}},
	{EXTREME_LARGEST, {"largest", "biggest", "最大"}},
	{EXTREME_SMALLEST, {"smallest", "最小"}},
};

static const struct {
	long image;
	const char *words[6];
} ordinals[] = {
	{1, {"first", "image 1$", "picture 1$", "第一张", "第1张"}},
	{2, {"second", "image 2$", "picture 2$", "第二张", "第2张"}},
	{3, {"third", "image 3$", "picture 3$", "第三张", "第3张"}},
	{4, {"fourth", "image 4$", "picture 4$", "第四张", "第4张"}},
	{-1, {"last image", "last picture", "last frame", "最后一张"}},
};

bool question_is_chinese(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c >= 0xe4 && c <= 0xe9)
			return true;
	}
	return false;
}

const char *question_quoted(const char *text, struct arena *a)
{
	static const char *const pairs[][2] = {
		{"\"", "\""}, {"“", "”"}, {"「", "」"}, {"‘", "’"}, {"`", "`"}, {"'", "'"},
	};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		const char *open = strstr(text, pairs[i][0]);
		if (!open)
			continue;
		/* An apostrophe stands inside a word; a quote does not. */
		char before = open > text ? open[-1] : ' ';
		if (pairs[i][0][0] == '\'' && before != ' ' && before != ':' && before != '(')
			continue;
		const char *start = open + strlen(pairs[i][0]);
		const char *end = strstr(start, pairs[i][1]);
		if (end && end > start)
			return arena_strn(a, start, (size_t)(end - start));
	}
	return NULL;
}

static enum topic topic_of(const struct question *q, size_t n_images)
{
	const char *low = q->low;
	if (n_images > 1 && q->image == 0 && words_has(low, w_which))
		return TOPIC_WHICH;
	if (n_images > 1 && q->image == 0 && words_has(low, w_motion))
		return TOPIC_MOTION;
	if (n_images > 1 && words_has(low, w_compare))
		return TOPIC_COMPARE;
	if (q->chart && !(words_has(low, w_text) && !q->bars))
		return TOPIC_CHART;
	if (q->unknown)
		return TOPIC_NONE;
	bool count = words_has(low, w_count);
	if (count && (q->shape >= 0 || q->objects || q->colors || q->images))
		return TOPIC_COUNT;
	if (q->writing && !q->colors)
		return TOPIC_TEXT;
	if (count)
		return TOPIC_COUNT;
	if (q->extreme != EXTREME_NONE && (q->objects || q->colors || q->shape >= 0))
		return TOPIC_EXTREME;
	if (words_has(low, w_where))
		return TOPIC_WHERE;
	if (q->colors || q->background)
		return TOPIC_COLOR;
	if (words_has(low, w_is_there) && (q->shape >= 0 || q->color >= 0))
		return TOPIC_IS_THERE;
	if (words_has(low, w_size))
		return TOPIC_SIZE;
	if (words_has(low, w_describe))
		return TOPIC_DESCRIBE;
	if (q->shape >= 0 || q->objects)
		return TOPIC_SHAPE;
	return q->images ? TOPIC_DESCRIBE : TOPIC_NONE;
}

void question_read(const char *text, size_t n_images, struct arena *a, struct question *ret)
{
	struct question q = {.text = text, .low = words_lower(a, text)};
	q.zh = question_is_chinese(text);
	q.quoted = question_quoted(text, a);
	q.color = words_color(q.low);
	q.shape = words_shape(q.low);
	q.background = words_has(q.low, w_background);
	q.writing = words_has(q.low, w_text);
	q.bars = words_has(q.low, w_bars);
	q.chart = words_has(q.low, w_chart);
	q.colors = words_has(q.low, w_color);
	q.objects = words_has(q.low, w_shape);
	q.images = words_has(q.low, w_image);
	q.unknown = words_has(q.low, w_unknown);
	q.bare = words_has(q.low, w_bare);
	for (size_t i = 0; i < ARRAY_LEN(extremes) && !q.extreme; i++) {
		if (words_has(q.low, extremes[i].words))
			q.extreme = extremes[i].extreme;
	}
	for (size_t i = 0; i < ARRAY_LEN(ordinals) && !q.image && n_images > 1; i++) {
		if (words_has(q.low, ordinals[i].words))
			q.image = ordinals[i].image;
	}
	/* "the first and the second image" asks for both. */
	for (size_t i = 0; i < ARRAY_LEN(ordinals); i++) {
		if (q.image && ordinals[i].image != q.image &&
		    words_has(q.low, ordinals[i].words))
			q.image = 0;
	}
	if (q.image > (long)n_images)
		q.image = 0;
	q.topic = topic_of(&q, n_images);
	*ret = q;
}
