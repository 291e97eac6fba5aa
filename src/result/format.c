/* src/result/format.c - see format.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/format.h"

#include <math.h>
#include <stdio.h>

#include "base/util.h"
#include "result/result.h"

/* Three significant digits without an exponent; whole numbers whole. */
static void three(char *out, size_t size, double value, const char *unit)
{
	double m = fabs(value);
	int digits = 0;
	if (m != 0 && m < 99.95)
		digits = m >= 9.995 ? 1 : m >= 0.9995 ? 2
					: MIN(12, 2 - (int)floor(log10(m * 1.0005)));
	(void)snprintf(out, size, "%.*f%s%s", digits, value, *unit ? " " : "", unit);
}

static void seconds(char *out, size_t size, double s)
{
	double m = fabs(s);
	if (m == 0)
		(void)snprintf(out, size, "0 s");
	else if (m < 0.9995e-3)
		three(out, size, s * 1e6, "µs");
	else if (m < 0.9995)
		three(out, size, s * 1e3, "ms");
	else if (m < 600)
		three(out, size, s, "s");
	else if (m < 7200)
		three(out, size, s / 60, "min");
	else
		three(out, size, s / 3600, "h");
}

void format_percent(char *out, size_t size, double share)
{
	double p = share * 100;
	if (isnan(p))
		*out = '\0';
	else if (p == 0 || fabs(p) >= 99.995)
		(void)snprintf(out, size, "%.0f %%", p);
	else
		(void)snprintf(out, size, fabs(p) >= 1 ? "%.2f %%" : "%.2g %%", p);
}

void format_unit(char *out, size_t size, const char *unit, double value)
{
	if (isnan(value))
		*out = '\0';
	else if (strcmp(unit, "s") == 0)
		seconds(out, size, value);
	else if (strcmp(unit, "1/s") == 0)
		three(out, size, value, "/s");
	else if (strcmp(unit, "ratio") == 0)
		three(out, size, value, "");
	else if (strcmp(unit, "count") == 0 && value == floor(value))
		(void)snprintf(out, size, "%.0f", value);
	else if (strcmp(unit, "count") == 0)
		three(out, size, value, "");
	else
		three(out, size, value, unit);
}

void format_metric(char *out, size_t size, const char *name, double value)
{
	const struct metric_def *def;
	double q;
	const char *stat;
	*out = '\0';
	if (strcmp(name, "error_rate") == 0 || strcmp(name, "goodput_share") == 0)
		format_percent(out, size, value);
	else if (metric_parse(name, &def, &q, &stat))
		format_unit(out, size, def->unit, value);
}
