/* src/monitor/page_own.c - our own page read back: the samplers of another machine.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/util.h"
#include "monitor/page.h"

static const char *const suffixes[][2] = {
	{"%", "_percent"}, {"B", "_bytes"}, {"W", "_watts"}, {"°C", "_celsius"},
	{"B/s", "_bytes_per_second"}, {"tokens/s", "_tokens_per_second"}, {"s", "_seconds"},
	{"Hz", "_hertz"}, {"V", "_volts"}, {"1/s", "_per_second"},
};

const char *page_unit_suffix(const char *unit)
{
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
		if (strcmp(suffixes[i][0], unit) == 0)
			return suffixes[i][1];
	return "";
}

/* The longer suffixes stand before those that they end with. */
static const char *take_unit(struct span *name)
{
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		size_t len = strlen(suffixes[i][1]);
		if (name->len > len &&
		    memcmp(name->data + name->len - len, suffixes[i][1], len) == 0) {
			name->len -= len;
			return suffixes[i][0];
		}
	}
	return "";
}

/* A label's value without its escapes. */
static const char *plain(struct arena *a, struct span s)
{
	char *text = arena_alloc(a, s.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '\\' && i + 1 < s.len)
			i++;
		text[n++] = s.data[i];
	}
	text[n] = '\0';
	return text;
}

bool page_to_own(const struct page_sample *s, struct arena *a, struct page_own *ret)
{
	static const char prefix[] = "assay_";
	struct span name = s->name, device;
	if (name.len < sizeof(prefix) || memcmp(name.data, prefix, sizeof(prefix) - 1) != 0 ||
	    !isfinite(s->value))
		return false;
	name.data += sizeof(prefix) - 1;
	name.len -= sizeof(prefix) - 1;
	ret->unit = take_unit(&name);
	ret->name = arena_strn(a, name.data, name.len);
	ret->device = page_label(s->labels, "device", &device) ? plain(a, device) : NULL;
	ret->value = s->value;
	return true;
}
