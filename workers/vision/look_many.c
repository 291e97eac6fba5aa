/* workers/vision/look_many.c - motion over frames, comparison, which of several.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "look.h"
#include "motion.h"

static const struct {
	const char *en, *zh;
} directions[] = {
	{"from left to right (to the right)", "从左向右移动（向右）"},
	{"down and to the right", "向右下方移动"},
	{"from top to bottom (down)", "从上向下移动（向下）"},
	{"down and to the left", "向左下方移动"},
	{"from right to left (to the left)", "从右向左移动（向左）"},
	{"up and to the left", "向左上方移动"},
	{"from bottom to top (up)", "从下向上移动（向上）"},
	{"up and to the right", "向右上方移动"},
};

static bool look_at_all(struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!look_at(l, i))
			return false;
	}
	return true;
}

/* What one track does; false: nothing. */
static bool tell_track(struct look *l, const struct track *t)
{
	struct voice *v = l->voice;
	const char *name = look_name(l, &t->blob);
	bool told = false;
	if (t->first > 0) {
		voice_tell(v, "The %s appears in frame %zu.", "%s在第%zu帧出现。", name,
			   t->first + 1);
		told = true;
	}
	if (t->direction != DIRECTION_NONE && t->returns) {
		int back = (t->direction + 4) % 8;
		voice_tell(v, "The %s first moves %s and then back %s.", "%s先%s，然后%s。", name,
			   v->zh ? directions[t->direction].zh : directions[t->direction].en,
			   v->zh ? directions[back].zh : directions[back].en);
		told = true;
	} else if (t->direction != DIRECTION_NONE) {
		voice_tell(v, "The %s moves %s.", "%s%s。", name,
			   v->zh ? directions[t->direction].zh : directions[t->direction].en);
		told = true;
	}
	if (t->last > t->first && fabs(log(t->size1 / t->size0)) > 0.15 && !t->blob.cut) {
		bool grows = t->size1 > t->size0;
		voice_tell(v, "The %s %s.", "%s%s。", name,
			   v->zh ? (grows ? "逐渐变大" : "逐渐变小") :
				   grows ? "grows larger" : "shrinks (becomes smaller)");
		told = true;
	}
	if (t->last + 1 < l->n) {
		voice_tell(v, "The %s disappears after frame %zu.", "%s在第%zu帧之后消失。", name,
			   t->last + 1);
		told = true;
	}
	return told;
}

/* The background from frame to frame. */
static bool tell_backgrounds(struct look *l)
{
	CLEANUP(buf_release) struct buf list = BUF_INIT(4096);
	bool zh = l->voice->zh;
	int before = -1, changes = 0;
	for (size_t i = 0; i < l->n; i++) {
		int color = (int)color_of(l->sights[i].background);
		if (!l->sights[i].plain || color == before)
			continue;
		(void)buf_fmt(&list, "%s%s", before < 0 ? "" : zh ? "变为" : " to ",
			      word_color((enum color)color, zh));
		changes += before >= 0;
		before = color;
	}
	if (changes > 0)
		voice_tell(l->voice, "The background changes from %s.", "背景从%s。", list.data);
	return changes > 0;
}

void look_motion(struct look *l)
{
	struct track *tracks;
	size_t n, still = 0;
	if (!look_at_all(l))
		return;
	if (motion_find(l->sights, l->n, l->a, &tracks, &n, l->voice->e) < 0) {
		l->voice->failed = true;
		return;
	}
	bool told = tell_backgrounds(l);
	for (size_t i = 0; i < n && i < 20; i++) {
		bool moves = tell_track(l, &tracks[i]);
		told |= moves;
		still += !moves;
	}
	if (!told && n == 0)
		voice_tell(l->voice, "I see nothing in these %zu frames that I could follow.",
			   "这%zu帧中没有我能跟踪的物体。", l->n);
	else if (!told)
		voice_tell(l->voice, "Nothing moves in these %zu frames: they stay the same.",
			   "这%zu帧中没有物体移动，画面保持静止。", l->n);
	for (size_t i = 0; told && still > 0 && i < n && i < 20; i++) {
		const struct track *t = &tracks[i];
		if (t->direction == DIRECTION_NONE && t->first == 0 && t->last + 1 == l->n)
			voice_tell(l->voice, "The %s stays where it is.", "%s保持不动。",
				   look_name(l, &t->blob));
	}
}

/* Are two pictures the same to the eye? Mean difference of their px. */
static bool same_pictures(const struct picture *a, const struct picture *b)
{
	if (a->width != b->width || a->height != b->height)
		return false;
	size_t n = 3 * (size_t)a->width * (size_t)a->height;
	double sum = 0;
	size_t far = 0;
	for (size_t i = 0; i < n; i++) {
		int d = abs(a->rgb[i] - b->rgb[i]);
		sum += d;
		far += d > 60;
	}
	return sum / (double)n < 3 && far * 2000 < n;
}

/* Of one kind: are there as many in both? Says which has more. */
static bool tell_kind(struct look *l, size_t i, size_t k, enum color color, enum shape shape)
{
	struct question q = {.color = (int)color, .shape = (int)shape};
	size_t a = look_count(&l->sights[i], &q), b = look_count(&l->sights[k], &q);
	bool zh = l->voice->zh;
	if (a == b)
		return false;
	const char *name = arena_fmt(l->a, zh ? "%s%s" : "%s %s", word_color(color, zh),
				     word_shape(shape, zh, false));
	long in = l->first_number + (long)(a > b ? i : k);
	long out = l->first_number + (long)(a > b ? k : i);
	if (a == 0 || b == 0)
		voice_tell(l->voice, "The %s is only in image %ld, not in image %ld.",
			   "%s只在第%ld张图中，第%ld张图中没有。", name, in, out);
	else
		voice_tell(l->voice, "Image %ld has more of the %s (%zu) than image %ld (%zu).",
			   "第%ld张图的%s（%zu个）比第%ld张图（%zu个）多。",
			   in, name, MAX(a, b), out, MIN(a, b));
	return true;
}

static bool tell_differences(struct look *l, size_t i, size_t k)
{
	const struct sight *a = &l->sights[i], *b = &l->sights[k];
	bool zh = l->voice->zh, told = false;
	enum color ca = color_of(a->background), cb = color_of(b->background);
	if (a->plain && b->plain && ca != cb) {
		voice_tell(l->voice, "The backgrounds differ: %s and %s.",
			   "背景颜色不同：%s和%s。", word_color(ca, zh), word_color(cb, zh));
		told = true;
	}
	for (int c = 0; c < N_COLORS; c++) {
		for (int s = SHAPE_CIRCLE; s < N_SHAPES; s++)
			told |= tell_kind(l, i, k, (enum color)c, (enum shape)s);
	}
	if (a->picture.width != b->picture.width || a->picture.height != b->picture.height) {
		voice_tell(l->voice, "Their sizes differ: %d x %d and %d x %d pixels.",
			   "尺寸不同：%d x %d和%d x %d像素。", a->picture.width,
			   a->picture.height, b->picture.width, b->picture.height);
		told = true;
	}
	return told;
}

void look_compare(struct look *l)
{
	if (!look_at_all(l))
		return;
	for (size_t i = 0; i < l->n; i++) {
		voice_tell(l->voice, "Image %ld:", "第%ld张图：", l->first_number + (long)i);
		look_describe(l, i, true);
	}
	for (size_t i = 1; i < l->n && voice_open(l->voice); i++) {
		long before = l->first_number + (long)i - 1;
		if (same_pictures(&l->pictures[i - 1], &l->pictures[i])) {
			voice_tell(l->voice, "Images %ld and %ld are the same (identical).",
				   "第%ld张图和第%ld张图相同（一样）。", before, before + 1);
			continue;
		}
		voice_tell(l->voice, "Images %ld and %ld are different.",
			   "第%ld张图和第%ld张图不同。", before, before + 1);
		if (!tell_differences(l, i - 1, i))
			voice_tell(l->voice, "They hold the same kinds of shapes; what differs is "
				   "where they are or what is written.",
				   "图形种类相同，不同的是位置或文字。");
	}
}

static bool text_holds(struct look *l, size_t i, const char *wanted)
{
	const char *text = look_text(l, i);
	return text && strstr(words_lower(l->a, text), words_lower(l->a, wanted));
}

/* Does picture i hold what is asked for? */
static bool holds(struct look *l, size_t i)
{
	const struct question *q = l->q;
	const struct sight *s = look_at(l, i);
	if (!s)
		return false;
	if (q->quoted)
		return text_holds(l, i, q->quoted);
	if (q->chart)
		return l->charts[i].found;
	if (q->background && q->color >= 0)
		return s->plain && color_of(s->background) == (enum color)q->color;
	if (q->shape >= 0)
		return look_count(s, q) > 0;
	if (q->color >= 0)
		return look_count(s, q) > 0 || s->share[q->color] > 0.01;
	if (q->writing) {
		const char *text = look_text(l, i);
		return text && *text;
	}
	return false;
}

void look_which(struct look *l)
{
	CLEANUP(buf_release) struct buf list = BUF_INIT(4096);
	size_t found = 0;
	bool zh = l->voice->zh;
	const struct question *q = l->q;
	if (!q->quoted && !q->chart && q->color < 0 && q->shape < 0 && !q->writing) {
		look_compare(l);
		return;
	}
	for (size_t i = 0; i < l->n && voice_open(l->voice); i++) {
		if (!holds(l, i))
			continue;
		long number = l->first_number + (long)i;
		(void)buf_fmt(&list, zh ? "%s第%ld张图" : "%simage %ld",
			      !found ? "" : zh ? "、" : " and ", number);
		found++;
	}
	if (found == 0) {
		voice_tell(l->voice, "None of the images contains that.", "没有一张图包含它。");
		return;
	}
	voice_tell(l->voice, "It is %s.", "是%s。", list.data);
	for (size_t i = 0; i < l->n && voice_open(l->voice); i++) {
		CLEANUP(buf_release) struct buf things = BUF_INIT(8192);
		if (l->seen[i] && look_list(l, &l->sights[i], true, &things))
			voice_tell(l->voice, "Image %ld shows %s.", "第%ld张图有%s。",
				   l->first_number + (long)i, things.data);
	}
}
