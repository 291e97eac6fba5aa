/* src/http/arrival.h - when bytes arrived, and how well that is known (METRICS.md, "moments").
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_ARRIVAL_H
#define HTTP_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

enum stamp_kind {
	STAMP_KERNEL,	/* the kernel's receive timestamp of the last segment of this read */
	STAMP_SHARED,	/* an earlier event in the same read: true moment in [ns − bound, ns] */
	STAMP_USER,	/* the clock after the read: no kernel timestamp was to be had */
};

/* One read from a socket, as handed to the parsers together with its bytes. */
struct arrival {
	uint64_t ns;		/* CLOCK_MONOTONIC */
	uint64_t bound_ns;	/* events before the read's last byte: at most so much earlier */
	enum stamp_kind kind;	/* STAMP_KERNEL or STAMP_USER: of the read's last byte */
	bool last;		/* these bytes end the read: the stamp is exactly theirs */
};

#endif
