/* src/load/amount.h - a whole number that is drawn anew for each request: how long its prompt is,
 * how long its answer may become.
 *
 *   512 | uniform:128,1024 | normal:512,100 | lognormal:512,0.8
 * normal: mean and standard deviation; lognormal: median, and standard deviation of the logarithm.
 * What would be below 1 is drawn again.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_AMOUNT_H
#define LOAD_AMOUNT_H

#include "base/opt.h"

#define AMOUNT_MAX 1e6

enum amount_law { AMOUNT_NONE, AMOUNT_FIXED, AMOUNT_UNIFORM, AMOUNT_NORMAL, AMOUNT_LOGNORMAL };

struct amount {
	int law;	/* enum amount_law; all zero: none */
	double a, b;
};

/* For a row of OPT_NODE whose field is a struct amount. */
int amount_from_yaml(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e);
json_t *amount_echo(const void *field);

/* The number of the request with this index, 1 … AMOUNT_MAX: the same for the same seed and name,
 * whichever thread asks. 0: there is none. */
int64_t amount_draw(const struct amount *m, uint64_t seed, const char *name, uint64_t index);

#endif
