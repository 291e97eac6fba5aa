/* src/store/store_in.h - inside of the store.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_STORE_IN_H
#define STORE_STORE_IN_H

#include "store/sql.h"

struct store {
	struct sql q;
	char *path;
	int lock;
};

/* End the transaction: commit when ret is 0, else (or when that fails) undo it and give -1. */
int store_finish(const struct sql *q, int ret, struct err *e);

#endif
