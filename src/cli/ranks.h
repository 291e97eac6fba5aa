/* src/cli/ranks.h - a session that several ranks run together: joining, who does what, files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_RANKS_H
#define CLI_RANKS_H

#include "cli/session.h"

/* Join the other ranks, when a launcher started this process as one of several, and hear whether
 * all have the same to run (rc, e: whether this one could read it). Sets s->dist. The same for all
 * ranks: 0, or -1 with *e. */
int ranks_join(struct session *s, int rc, struct err *e);

/* What all failed for: rank 0 says it. Leaves; gives the exit status. */
int ranks_fail(struct session *s, const struct err *e);

/* Why this rank leaves an item to rank 0, or what rank 0 says of doing it alone: into r->skipped
 * (r NULL: nowhere). False: this rank passes over it. */
bool ranks_take(const struct session *s, const struct session_item *item, struct result *r);

/* Into r->environment: how many ranks, on which hosts, by which MPI. */
void ranks_note(const struct session *s, struct result *r);

/* This rank's own share into result.rank-N.json of the report folder, if there is one. */
int ranks_save(const struct session *s, struct result *own, struct err *e);

/* Wait for the others and leave. */
void ranks_leave(struct session *s);

#endif
