/* src/result/until.c - how well a run knows the number that it was to find out.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "result/format.h"
#include "result/result.h"

bool run_until_reached(const struct run *run)
{
	return !run->until.metric || run->until.width <= run->until.within;
}

const char *run_until_text(const struct run *run, struct arena *a, bool zh)
{
	const struct run_until *u = &run->until;
	char width[FORMAT_MAX], within[FORMAT_MAX];
	if (!u->metric)
		return NULL;
	format_percent(width, sizeof(width), u->width);
	format_percent(within, sizeof(within), u->within);
	if (run_until_reached(run))
		return arena_fmt(a, zh ? "%s 的误差为 ±%s,达到要求(±%s)"
				 : "%s is known to ±%s, as asked for (±%s)", u->metric, width,
				 within);
	if (isnan(u->width))
		return arena_fmt(a, zh ? "%s 的误差未达到要求(±%s):样本太少,无法给出区间"
				 : "%s is NOT known as well as asked for (±%s): too few samples "
				   "for an interval", u->metric, within);
	if (u->ended)
		return arena_fmt(a, zh ? "%s 的误差为 ±%s(要求 ±%s):达到要求时结束,随后完成的"
				 "请求使其略有变化" : "%s is known to ±%s: within ±%s, as asked for, "
				 "when the run was ended; the requests under way came on top",
				 u->metric, width, within);
	return arena_fmt(a, zh ? "%s 的误差为 ±%s,未达到要求(±%s):运行先到了上限"
			 : "%s is NOT known as well as asked for: to ±%s, not ±%s; the run came to "
			   "its end before", u->metric, width, within);
}
