/* src/suite/find.h - the highest concurrency or rate that still meets the targets.
 *
 * Doubles from the low end until a value fails, then halves what lies between the highest pass
 * and the lowest fail until they are neighbours (within 5 %), then asks both once more: one run is
 * no proof. A value that failed once is no pass, whatever it did the other time.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_FIND_H
#define SUITE_FIND_H

#include <stdbool.h>

#include "base/opt.h"
#include "load/load.h"
#include "result/target.h"

#define FIND_TRIED_MAX 64
#define FIND_PRECISION 0.05

/* {concurrency: 1..256} or {rate: 1..100}; lo 0: not asked for. */
struct find {
	bool by_rate;
	double lo, hi;
};

struct find_tried {
	double value;
	int passes, fails;
};

struct find_search {
	struct find find;
	struct find_tried tried[FIND_TRIED_MAX];
	size_t n;
};

void find_begin(struct find_search *s, const struct find *f);
/* The value to try next; false: the search is over. */
bool find_next(const struct find_search *s, double *ret);
void find_tell(struct find_search *s, double value, bool met);
/* NULL: there is none (yet). */
const struct find_tried *find_highest_pass(const struct find_search *s);
const struct find_tried *find_lowest_fail(const struct find_search *s);

/* Hooks of an OPT_NODE row whose field is a struct find. */
int find_from_yaml(const struct opt *o, const struct yaml_node *node, struct arena *a, void *field,
		   struct err *e);
json_t *find_echo(const void *field);

/* Enough requests in this step that every percentile among the targets can be judged: so many,
 * which a closed loop by time may not come to. */
uint64_t find_size_step(const struct targets *targets, struct load_spec *step);

#endif
