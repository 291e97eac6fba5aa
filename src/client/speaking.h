/* src/client/speaking.h - live speech: samples are sent as they would be spoken.
 *
 * Inside of asking.c: the exchange's moments are filled in, nothing else of it is used. A chunk is
 * sent at the moment at which its last sample would have been spoken, reckoned from the beginning:
 * one that is late does not move the others.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_SPEAKING_H
#define CLIENT_SPEAKING_H

#include "client/asking.h"

struct speaking;

int speaking_new(struct asking *a, struct speaking **ret, struct err *e);
struct speaking *speaking_free(struct speaking *l);		/* not running; NULL is fine */
void speaking_start(struct speaking *l, uint64_t timeout_ns);
void speaking_abort(struct speaking *l, enum outcome why, const char *words);

/* asking.c: the answer is judged and end() called. */
void asking_finish(struct asking *a, enum outcome outcome);

#endif
