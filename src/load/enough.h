/* src/load/enough.h - does a run know the number that it was to find out (until) well enough?
 *
 * Judged by the samples of all load threads of all ranks together, as the result is: a thread alone
 * sees a part of them, and threads that see different services must not be averaged.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_ENOUGH_H
#define LOAD_ENOUGH_H

#include "load/lane.h"

struct enough {
	double quantile;	/* NaN: nobody asked */
	enum observed what;
	double within;		/* half of its 95 % interval over it */
	struct hist *seen;	/* NULL: nobody asked */
	uint64_t next_ns;	/* the next look */
	bool ended;		/* it is why the run ends */
};

int enough_init(struct enough *x, const struct until *asked, struct err *e);
void enough_release(struct enough *x);

/* Time to look (now or always)? Then all that the lanes have recorded so far, good until the next
 * look; else NULL. */
struct hist *enough_look(struct enough *x, struct lane *const *lanes, size_t n_lanes,
			 uint64_t every_ns, bool always);
bool enough_is_known(const struct enough *x, const struct hist *all);

/* Into the run whose numbers are complete: what was asked and what is known. */
void enough_note(const struct enough *x, const struct until *asked, struct result *r,
		 struct run *run);

#endif
