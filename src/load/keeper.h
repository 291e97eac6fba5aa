/* src/load/keeper.h - keeps every measured request for those who ask (--export).
 *
 * A load thread writes a record into a chunk of its own and hands full chunks to a writer thread,
 * which puts them into a file without a name: memory stays bounded however many requests there
 * are, and the load thread never waits for the disk. Where the disk falls so far behind that no
 * chunk is free, records are lost, counted, and whoever asked is told.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_KEEPER_H
#define LOAD_KEEPER_H

#include <stddef.h>

#include "dist/dist.h"
#include "result/result.h"

struct keeper;

/* dir: where the file is, NULL: the current folder. */
int keeper_new(const char *dir, struct keeper **ret, struct err *e);
struct keeper *keeper_free(struct keeper *r);	/* NULL is fine; returns NULL */

/* What follows belongs to this run: its index in the result. Between runs only. */
int keeper_begin_run(struct keeper *r, size_t run, struct err *e);

/* All chunks are on disk. -1: they could not all be kept, and why. */
int keeper_finish(struct keeper *r, struct err *e);

/* Before keeper_finish(), on every rank: what the others have kept comes to rank 0, its moments put
 * on rank 0's clock by the starts of the runs (r: of this rank). Piece by piece: memory stays
 * bounded here, too. -1 at rank 0: some are missing, and why. */
int keeper_gather(struct keeper *k, struct dist *d, const struct result *r, struct err *e);

#endif
