/* workers/vision/look_chart.c - saying what a chart shows.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "look.h"
#include "read.h"

static const struct {
	const char *en, *zh;
} trends[] = {
	[TREND_UP] = {"shows an increasing (upward) trend: the values increase from left to "
		      "right", "呈上升（增长）趋势：数值从左到右逐渐增加"},
	[TREND_DOWN] = {"shows a decreasing (downward) trend: the values decrease from left to "
			"right", "呈下降（减少）趋势：数值从左到右逐渐降低"},
	[TREND_FLAT] = {"shows a flat (stable, constant) trend: the values stay about the same",
			"呈平稳（不变）趋势：数值基本保持不变"},
	[TREND_PEAK] = {"shows a peak: the values rise to a maximum inside and then fall",
			"先升后降，中间有一个峰值"},
	[TREND_VALLEY] = {"shows a valley: the values fall to a minimum inside and then rise "
			  "again", "先降后升，中间有一个谷值"},
	[TREND_MIXED] = {"fluctuates: the values go up and down without a clear trend",
			 "上下波动，没有明显的趋势"},
};

/* The label under a bar: between the axis and a little below it, as wide as the bar's share. */
static const char *label_of(struct look *l, const struct sight *s, const struct chart *c, size_t i)
{
	int share = (c->plot.x1 - c->plot.x0) / (int)MAX((size_t)1, c->n_bars) / 2;
	int middle = (c->bars[i].box.x0 + c->bars[i].box.x1) / 2;
	int thick = MAX(s->view.width, s->view.height) / 100 + 4;
	struct box b = {middle - share, c->plot.y1 + thick, middle + share,
			c->plot.y1 + thick + (c->plot.y1 - c->plot.y0) / 6};
	CLEANUP(buf_release) struct buf text = BUF_INIT(4096);
	if (!l->can_read || !c->has_axes || !voice_open(l->voice))
		return "";
	if (read_box(s, &b, &text, l->voice->e) < 0) {
		l->voice->failed = true;
		return "";
	}
	return arena_str(l->a, text.len ? text.data : "");
}

static void tell_bar(struct look *l, const struct sight *s, const struct chart *c, size_t i,
		     bool highest)
{
	bool zh = l->voice->zh;
	const char *label = label_of(l, s, c, i);
	const char *called = *label ? arena_fmt(l->a, zh ? "，标签为“%s”" : ", labelled \"%s\"",
						label) : "";
	const char *which = zh ? (highest ? "最高" : "最低") : highest ? "highest" : "lowest";
	voice_tell(l->voice, "The %s bar is number %zu from the left%s.",
		   "%s的柱子是从左数第%zu根%s。", which, i + 1, called);
}

static void tell_bars(struct look *l, const struct sight *s, const struct chart *c)
{
	size_t high = 0, low = 0;
	for (size_t i = 1; i < c->n_bars; i++) {
		if (c->bars[i].height > c->bars[high].height)
			high = i;
		if (c->bars[i].height < c->bars[low].height)
			low = i;
	}
	voice_tell(l->voice, "The chart has %zu bars.", "图中有%zu根柱子。", c->n_bars);
	if (c->series[0].trend == TREND_FLAT)
		return;
	tell_bar(l, s, c, high, true);
	tell_bar(l, s, c, low, false);
}

void look_chart(struct look *l, size_t i)
{
	const struct sight *s = look_at(l, i);
	const struct chart *c = &l->charts[i];
	bool zh = l->voice->zh;
	if (!s)
		return;
	if (!c->found) {
		voice_tell(l->voice, "I cannot find a line or bar chart in the image.",
			   "我在图中找不到折线图或柱状图。");
		return;
	}
	if (c->is_bars) {
		voice_tell(l->voice, "The bar chart %s.", "柱状图%s。",
			   zh ? trends[c->series[0].trend].zh : trends[c->series[0].trend].en);
		tell_bars(l, s, c);
		return;
	}
	for (size_t k = 0; k < c->n_series; k++) {
		const struct series *line = &c->series[k];
		const char *trend = zh ? trends[line->trend].zh : trends[line->trend].en;
		if (c->n_series == 1)
			voice_tell(l->voice, "The line chart %s.", "折线图%s。", trend);
		else
			voice_tell(l->voice, "The %s line %s.", "%s折线%s。",
				   word_color(line->color, zh), trend);
	}
}
