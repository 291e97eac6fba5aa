/* workers/vision/look_one.c - one picture, one topic.
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/util.h"
#include "look.h"

/* Colours by their share, the largest first; at least this part of the area. */
static size_t main_colors(const struct sight *s, double least, enum color *ret)
{
	size_t n = 0;
	for (int c = 0; c < N_COLORS; c++) {
		if (s->share[c] < least)
			continue;
		size_t k = n++;
		for (; k > 0 && s->share[ret[k - 1]] < s->share[c]; k--)
			ret[k] = ret[k - 1];
		ret[k] = (enum color)c;
	}
	return n;
}

/* Edges of JPEG make specks of other colours in a photograph, never in a drawing: its colours
 * come from whole blobs. */
static double least_share(const struct sight *s)
{
	return s->plain ? 0.0005 : 0.03;
}

static void tell_colors(struct look *l, const struct sight *s)
{
	enum color colors[N_COLORS];
	size_t n = main_colors(s, least_share(s), colors);
	bool zh = l->voice->zh;
	CLEANUP(buf_release) struct buf list = BUF_INIT(4096);
	if (n == 0) {
		voice_tell(l->voice, "I cannot tell any clear colours in the image.",
			   "我分辨不出图中有明确的颜色。");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		double part = s->share[colors[i]] * 100;
		const char *between = zh ? "、" : i + 1 == n ? " and " : ", ";
		(void)buf_fmt(&list, zh ? "%s%s（%.*f%%）" : "%s%s (%.*f%%)", i ? between : "",
			      word_color(colors[i], zh), part < 1 ? 1 : 0, part);
	}
	voice_tell(l->voice, "The main %s in the image %s %s.", "图中的主要颜色%.0s%.0s是%s。",
		   n > 1 ? "colors" : "color", n > 1 ? "are" : "is", list.data);
}

static void tell_background(struct look *l, const struct sight *s)
{
	if (!s->plain)
		voice_tell(l->voice, "The image has no background of one color.",
			   "图中没有单一颜色的背景。");
	else
		voice_tell(l->voice, "The background is %s.", "背景是%s。",
			   word_color(color_of(s->background), l->voice->zh));
}

/* The colours of all shapes, or of the one that is there; false: there are none. */
static bool tell_colored_shapes(struct look *l, const struct sight *s)
{
	CLEANUP(buf_release) struct buf list = BUF_INIT(8192);
	const struct blob *only = NULL;
	size_t n = 0;
	for (size_t i = 0; i < s->n_blobs; i++) {
		if (s->blobs[i].is_object) {
			only = &s->blobs[i];
			n++;
		}
	}
	if (n == 1)
		voice_tell(l->voice, "The shape is a %s: it is %s.", "图中的图形是%s，颜色是%s。",
			   word_shape(only->shape, l->voice->zh, false),
			   word_color(only->color, l->voice->zh));
	else if (look_list(l, s, true, &list))
		voice_tell(l->voice, "The image shows %s.", "图中有%s。", list.data);
	return n > 0;
}

/* "What colour is the circle?", "… the text?", "… the background?" */
static void answer_color(struct look *l, const struct sight *s)
{
	struct question any = *l->q;
	any.color = -1;
	bool zh = l->voice->zh;
	if (l->q->background) {
		tell_background(l, s);
		return;
	}
	if (l->q->writing && s->n_lines > 0) {
		voice_tell(l->voice, "The text is %s.", "文字是%s。",
			   word_color(color_of(s->lines[0].rgb), zh));
		return;
	}
	if (l->q->shape < 0) {
		if (!l->q->objects || !tell_colored_shapes(l, s))
			tell_colors(l, s);
		return;
	}
	CLEANUP(buf_release) struct buf list = BUF_INIT(4096);
	bool told[N_COLORS] = {false};
	size_t n = look_count(s, &any);
	const char *shape = word_shape((enum shape)l->q->shape, zh, n > 1);
	for (size_t i = 0; i < s->n_blobs; i++) {
		enum color c = s->blobs[i].color;
		if (!look_matches(&any, &s->blobs[i]) || told[c])
			continue;
		told[c] = true;
		(void)buf_fmt(&list, "%s%s", !list.len ? "" : zh ? "、" : " and ",
			      word_color(c, zh));
	}
	if (n == 0)
		voice_tell(l->voice, "I see no %s in the image.", "图中没有%s。", shape);
	else
		voice_tell(l->voice, "The %s %s %s.", "%s%.0s是%s。", shape, n > 1 ? "are" : "is",
			   list.data);
}

/* What was asked for, in words: "red circle", "blue shape", "circle". */
static const char *asked_name(struct look *l, bool plural)
{
	bool zh = l->voice->zh;
	enum shape shape = l->q->shape < 0 ? SHAPE_OTHER : (enum shape)l->q->shape;
	const char *name = word_shape(shape, zh, plural);
	if (l->q->color < 0)
		return name;
	return arena_fmt(l->a, zh ? "%s%s" : "%s %s", word_color((enum color)l->q->color, zh),
			 name);
}

static void tell_count(struct look *l, const struct sight *s)
{
	size_t n = look_count(s, l->q);
	CLEANUP(buf_release) struct buf list = BUF_INIT(8192);
	if (!s->plain) {
		voice_tell(l->voice, "I cannot count here: the image is no drawing of simple "
			   "shapes.", "我数不出来：这不是简单图形的图片。");
		return;
	}
	if (n == 0) {
		voice_tell(l->voice, "There are 0 %s in the image: I see none.",
			   "图中有0个%s：没有看到。", asked_name(l, true));
		return;
	}
	voice_tell(l->voice, "There %s %zu %s in the image.", "%.0s图中有%zu个%s。",
		   n > 1 ? "are" : "is", n, asked_name(l, n > 1));
	if ((l->q->shape < 0 || l->q->color < 0) && look_list(l, s, false, &list))
		voice_tell(l->voice, "I see %s.", "有%s。", list.data);
}

static void answer_count(struct look *l, const struct sight *s)
{
	if (l->q->colors && l->q->shape < 0) {
		enum color colors[N_COLORS];
		size_t n = main_colors(s, least_share(s), colors);
		voice_tell(l->voice, "There %s %zu %s in the image.",
			   "%.0s图中有%zu种颜色%.0s。", n == 1 ? "is" : "are", n,
			   n == 1 ? "color" : "colors");
		tell_colors(l, s);
		return;
	}
	tell_count(l, s);
}

static void tell_shapes(struct look *l, const struct sight *s)
{
	CLEANUP(buf_release) struct buf list = BUF_INIT(8192);
	if (look_list(l, s, true, &list))
		voice_tell(l->voice, "The image shows %s.", "图中有%s。", list.data);
	else
		voice_tell(l->voice, "I see no simple shapes in the image.",
			   "图中没有简单的图形。");
}

static double rank(const struct blob *b, enum extreme extreme, const struct sight *s)
{
	/* How large a thing looks is its extent: a star is mostly gaps. */
	double extent = (double)(b->box.x1 - b->box.x0) * (b->box.y1 - b->box.y0);
	switch (extreme) {
	case EXTREME_LEFT:
		return -b->cx;
	case EXTREME_RIGHT:
		return b->cx;
	case EXTREME_TOP:
		return -b->cy;
	case EXTREME_BOTTOM:
		return b->cy;
	case EXTREME_SMALLEST:
		return -extent;
	case EXTREME_MIDDLE: {
		double x = b->cx - s->view.width / 2.0, y = b->cy - s->view.height / 2.0;
		return -(x * x + y * y);
	}
	default:
		return extent;
	}
}

static void answer_extreme(struct look *l, const struct sight *s)
{
	const struct blob *best = NULL;
	for (size_t i = 0; i < s->n_blobs; i++) {
		const struct blob *b = &s->blobs[i];
		if (look_matches(l->q, b) && (!best || rank(b, l->q->extreme, s) >
						       rank(best, l->q->extreme, s)))
			best = b;
	}
	if (!best) {
		voice_tell(l->voice, "I see no %s in the image.", "图中没有%s。",
			   asked_name(l, false));
		return;
	}
	const char *name = look_name(l, best);
	voice_tell(l->voice, "It is %s %s, %s of the image.", "%.0s是%s，位于%s。",
		   word_article(name), name,
		   word_position(s, best->cx, best->cy, l->voice->zh));
}

static void answer_where(struct look *l, const struct sight *s)
{
	size_t told = 0;
	for (size_t i = 0; i < s->n_blobs && told < 20; i++) {
		const struct blob *b = &s->blobs[i];
		if (!look_matches(l->q, b))
			continue;
		voice_tell(l->voice, "The %s is %s of the image.", "%s在图片的%s。",
			   look_name(l, b), word_position(s, b->cx, b->cy, l->voice->zh));
		told++;
	}
	if (!told)
		voice_tell(l->voice, "I see no %s in the image.", "图中没有%s。",
			   asked_name(l, false));
}

static void answer_is_there(struct look *l, const struct sight *s)
{
	CLEANUP(buf_release) struct buf list = BUF_INIT(8192);
	if (look_list(l, s, false, &list))
		voice_tell(l->voice, "Yes, the image contains %s.", "有，图中有%s。", list.data);
	else if (l->q->shape < 0 && l->q->color >= 0 &&
		 s->share[l->q->color] >= least_share(s))
		voice_tell(l->voice, "Yes, there is %s in the image.", "有，图中有%s。",
			   word_color((enum color)l->q->color, l->voice->zh));
	else
		voice_tell(l->voice, "No, I see no %s in the image.", "没有，图中没有%s。",
			   asked_name(l, false));
}

static void answer_text(struct look *l, size_t i)
{
	const char *text = look_text(l, i);
	if (!text)
		return;
	if (!l->can_read)
		voice_tell(l->voice, "I cannot read: no tesseract language is installed here.",
			   "我无法识别文字：这里没有安装tesseract语言包。");
	else if (!*text)
		voice_tell(l->voice, "I see no text in the image.", "图中没有文字。");
	else if (l->q->bare)
		voice_say(l->voice, text);
	else
		voice_tell(l->voice, "The text in the image reads: %s", "图中的文字是：%s", text);
}

static void tell_size(struct look *l, const struct sight *s)
{
	voice_tell(l->voice, "The image is %d x %d pixels (width %d, height %d).",
		   "图片大小为%d x %d像素（宽%d，高%d）。", s->picture.width, s->picture.height,
		   s->picture.width, s->picture.height);
}

void look_describe(struct look *l, size_t i, bool brief)
{
	const struct sight *s = look_at(l, i);
	if (!s)
		return;
	if (!brief)
		tell_size(l, s);
	if (s->plain)
		tell_background(l, s);
	else
		voice_tell(l->voice, "The image has no plain background; it looks like a "
			   "photograph or a texture.", "图片没有单一背景，像是照片或纹理。");
	if (!brief || !s->plain)
		tell_colors(l, s);
	CLEANUP(buf_release) struct buf list = BUF_INIT(8192);
	if (l->charts[i].found)
		look_chart(l, i);
	if (look_list(l, s, true, &list))
		voice_tell(l->voice, "The image shows %s.", "图中有%s。", list.data);
	if (!brief)
		answer_where(l, s);
	if ((s->n_lines == 0 && s->plain) || !voice_open(l->voice))
		return;
	const char *text = look_text(l, i);
	if (text && *text)
		voice_tell(l->voice, "The text in the image reads: %s", "图中的文字是：%s", text);
}

void look_one(struct look *l, size_t i)
{
	const struct sight *s = look_at(l, i);
	if (!s)
		return;
	switch (l->q->topic) {
	case TOPIC_CHART:
		look_chart(l, i);
		break;
	case TOPIC_TEXT:
		answer_text(l, i);
		break;
	case TOPIC_COUNT:
		answer_count(l, s);
		break;
	case TOPIC_COLOR:
		answer_color(l, s);
		break;
	case TOPIC_EXTREME:
		answer_extreme(l, s);
		break;
	case TOPIC_WHERE:
		answer_where(l, s);
		break;
	case TOPIC_IS_THERE:
		answer_is_there(l, s);
		break;
	case TOPIC_SHAPE:
		tell_shapes(l, s);
		break;
	case TOPIC_SIZE:
		tell_size(l, s);
		break;
	default:
		look_describe(l, i, l->n > 1);
	}
}
