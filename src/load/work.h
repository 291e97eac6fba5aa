/* src/load/work.h - what a load sends: can it be sent, and in what order is it asked?
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_WORK_H
#define LOAD_WORK_H

#include "load/load.h"

/* Every sample must be one that the protocol can send, and shaped prompts are for chats: found out
 * before anything is sent. */
int work_check(const struct load_work *work, const struct load_spec *spec, struct err *e);

/* A permutation of the samples' indices from the seed. Caller: free(). */
int work_order(const struct load_work *w, int64_t seed, uint32_t **ret, struct err *e);

#endif
