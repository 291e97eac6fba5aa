/* src/report/wording.c - see wording.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/wording.h"

#include <math.h>

#include "base/util.h"
#include "report/grid.h"

const char *interval_text(struct arena *a, const char *metric, double lo, double hi)
{
	const char *from = metric_text(a, metric, lo), *to = metric_text(a, metric, hi);
	if (*from && *to)
		return arena_fmt(a, "%s … %s", from, to);
	return *from ? arena_fmt(a, "≥ %s", from) : *to ? arena_fmt(a, "≤ %s", to) : NULL;
}

struct word {
	const char *verdict, *en, *zh;
};

static const char *word(const struct word *words, size_t n, const char *verdict, bool zh)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i].verdict, verdict) == 0)
			return zh ? words[i].zh : words[i].en;
	return verdict;
}

static const char *alignment(const char *verdict, bool zh)
{
	static const struct word words[] = {{"aligned", "aligned", "已对齐"},
					    {"not-aligned", "not aligned", "未对齐"},
					    {"undecided", "undecided", "无法判定"}};
	return !verdict ? zh ? "无参考" : "no reference"
			: word(words, ARRAY_LEN(words), verdict, zh);
}

const char *leak_word(const struct leak_result *l, bool zh)
{
	static const struct word words[] = {{"clean", "clean", "无泄漏"},
					    {"suspect", "suspect", "疑似泄漏"},
					    {"leak", "leak", "泄漏"},
					    {"too-short", "too short", "时长不足"}};
	return !l->verdict ? "–" : word(words, ARRAY_LEN(words), l->verdict, zh);
}

const char *leak_growth(const struct leak_result *l, struct arena *a)
{
	/* Written with or without the hour. */
	bool bytes = l->unit && (strcmp(l->unit, "B") == 0 || strcmp(l->unit, "B/h") == 0);
	if (isnan(l->slope_per_hour))
		return "–";
	return bytes ? arena_fmt(a, "%+.2f MiB/h", l->slope_per_hour / 1048576)
		     : arena_fmt(a, "%+.3g /h", l->slope_per_hour);
}

static const char *rate(struct arena *a, double value)
{
	return isnan(value) ? NULL : metric_text(a, "error_rate", value);
}

void accuracy_words(const struct accuracy_result *x, struct arena *a, struct accuracy_words *ret)
{
	bool compared = !isnan(x->difference);
	struct accuracy_words w = {
		.what = accuracy_title(x->metric, a, false),
		.what_zh = accuracy_title(x->metric, a, true),
		.candidate = rate(a, x->candidate_rate),
		.reference = rate(a, x->reference_rate),
		.floor = rate(a, x->floor),
		.verdict = alignment(x->verdict, false),
		.verdict_zh = alignment(x->verdict, true),
	};
	if (compared)
		w.difference = arena_fmt(a, "%+.2f pp", x->difference * 100);
	if (compared && !isnan(x->interval_lo))
		w.interval = arena_fmt(a, "%+.2f … %+.2f pp", x->interval_lo * 100,
				       x->interval_hi * 100);
	else
		w.interval = interval_text(a, "error_rate", x->interval_lo, x->interval_hi);
	if (compared && !isnan(x->gate))
		w.gate = arena_fmt(a, "±%g pp", x->gate * 100);
	if (x->needed > 0) {
		w.verdict = arena_fmt(a, "%s, %llu would decide", w.verdict,
				      (unsigned long long)x->needed);
		w.verdict_zh = arena_fmt(a, "%s,约需 %llu 条", w.verdict_zh,
					 (unsigned long long)x->needed);
	}
	*ret = w;
}
