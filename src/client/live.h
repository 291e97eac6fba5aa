/* src/client/live.h - live speech: a WebSocket on which samples are sent as they would be spoken.
 *
 * Inside of asking.c: the exchange's moments are filled in, nothing else of it is used. A chunk is
 * sent at the moment at which its last sample would have been spoken, reckoned from the beginning:
 * one that is late does not move the others.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_LIVE_H
#define CLIENT_LIVE_H

#include "client/asking.h"

struct live;

int live_new(struct asking *a, struct live **ret, struct err *e);
struct live *live_free(struct live *l);		/* must not be running; NULL is fine */
void live_start(struct live *l, uint64_t timeout_ns);
void live_abort(struct live *l, enum outcome why, const char *words);

/* asking.c: the answer is judged and end() called. */
void asking_finish(struct asking *a, enum outcome outcome);

#endif
