/* src/monitor/npu_watch.c - lines of `npu-smi info watch`.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/util.h"
#include "monitor/npu_text.h"

enum { WATCH_NPU = Q_COUNT, WATCH_CHIP, WATCH_OTHER };

static const struct {
	const char *title;
	int item;
} titles[] = {
	{"NpuID(Idx)", WATCH_NPU}, {"ChipId(Idx)", WATCH_CHIP}, {"Pwr(W)", Q_POWER},
	{"Temp(C)", Q_TEMPERATURE}, {"AI Core(%)", Q_UTILIZATION}, {"AI Cpu(%)", Q_AICPU},
	{"Ctrl Cpu(%)", Q_CTRLCPU}, {"Memory(%)", Q_MEMORY_PERCENT},
	{"Memory BW(%)", Q_BANDWIDTH}, {"NPU Util(%)", Q_OVERALL}, {"AI Cube(%)", Q_CUBE},
	{"AI Vector(%)", Q_VECTOR},
};

static bool header(const char *line, size_t len, struct watch_columns *c)
{
	if (len < 10 || memcmp(line, "NpuID(Idx)", 10) != 0)
		return false;
	c->n = 0;
	size_t from = 0;
	for (size_t i = 0; i < len && c->n < ARRAY_LEN(c->items); i++) {
		if (line[i] != ')')
			continue;
		struct span title = span_trim((struct span){line + from, i + 1 - from});
		from = i + 1;
		c->items[c->n] = WATCH_OTHER;
		for (size_t k = 0; k < ARRAY_LEN(titles); k++)
			if (span_is(title, titles[k].title))
				c->items[c->n] = titles[k].item;
		c->n++;
	}
	return true;
}

bool npu_text_watch_line(const char *line, size_t len, struct watch_columns *columns,
			 struct capture *c)
{
	struct span words[32];
	if (header(line, len, columns))
		return true;
	if (columns->n == 0)
		return false;
	size_t n = npu_words((struct span){line, len}, words, ARRAY_LEN(words));
	if (n != columns->n)	/* a line cut short: its values may be cut as well */
		return false;
	int64_t npu = -1;
	int64_t chip = -1;
	for (size_t i = 0; i < n; i++) {
		if (columns->items[i] == WATCH_NPU)
			npu = npu_whole(words[i]);
		else if (columns->items[i] == WATCH_CHIP)
			chip = npu_whole(words[i]);
	}
	if (npu < 0)
		return false;
	struct device *d = capture_find(c, npu, chip);
	if (!d) {
		d = capture_add(c, "npu-smi");
		d->npu = npu;
		d->chip = chip;
		d->samples = 0;
	}
	d->samples++;
	for (size_t i = 0; i < n; i++)
		if (columns->items[i] < Q_COUNT)
			d->q[columns->items[i]] = npu_number(words[i]);
	return true;
}
