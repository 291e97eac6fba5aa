/* src/result/format.h - numbers as people read them: three digits that count, and a unit.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_FORMAT_H
#define RESULT_FORMAT_H

#include <stddef.h>

#define FORMAT_MAX 48	/* room that every number fits in */

/* "152 ms", "1.24 s", "0.213", "30.5 /s", "1204"; "" for NaN. A share of errors or goodput is
 * a percentage when the metric's unit says "ratio" and percent is set by the caller's name:
 * see format_metric(). */
void format_unit(char *out, size_t size, const char *unit, double value);

/* The same for a METRICS name ("ttft.p99", "error_rate"): shares become percentages. */
void format_metric(char *out, size_t size, const char *name, double value);

/* "12.3 %" from 0.123; small shares keep two digits that count. */
void format_percent(char *out, size_t size, double share);

#endif
