/* src/stats/hist_layout.h - the inside of a histogram: for hist.c and hist_text.c only.
 *
 * Log-linear buckets: values below 1024 have one bucket each, every power of two above is cut
 * into 1024. A bucket is at most 1/1024 of its values wide, so its middle is at most 0.05 % off.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STATS_HIST_LAYOUT_H
#define STATS_HIST_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define HIST_BITS 10
#define HIST_STEPS ((size_t)1 << HIST_BITS)
#define HIST_BUCKETS ((64 - HIST_BITS + 1) * HIST_STEPS)

struct hist {
	uint64_t count;
	uint64_t min;		/* UINT64_MAX when empty */
	uint64_t max;		/* 0 when empty */
	unsigned __int128 sum;
	uint64_t buckets[HIST_BUCKETS];
};

static inline size_t hist_index(uint64_t value)
{
	if (value < HIST_STEPS)
		return (size_t)value;
	unsigned int shift = 63 - (unsigned int)__builtin_clzll(value) - HIST_BITS;
	return shift * HIST_STEPS + (size_t)(value >> shift);
}

static inline uint64_t hist_low(size_t index)
{
	if (index < 2 * HIST_STEPS)
		return index;
	size_t shift = index / HIST_STEPS - 1;
	return (uint64_t)(index % HIST_STEPS + HIST_STEPS) << shift;
}

static inline uint64_t hist_high(size_t index)
{
	return index + 1 < HIST_BUCKETS ? hist_low(index + 1) - 1 : UINT64_MAX;
}

#endif
