/* src/suite/recording.h - answers of a reference kept in a folder, for a comparison elsewhere.
 *
 * DIR/SERVICE.jsonl: a first line that says who answered and with which parameters, then one line
 * per sample and repetition: the hashes of what was asked, and the answer. Speech lies in
 * DIR/SERVICE-media. A comparison refuses a recording of other inputs or other parameters.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_RECORDING_H
#define SUITE_RECORDING_H

#include "base/arena.h"
#include "client/client.h"

/* ---- writing ---- */

struct recorder;

/* head (stolen): what there is to know of the service. parameters are not consumed. answers: how
 * many will be added, so that a file which was cut is known as such. */
int recorder_new(const char *dir, const char *service, json_t *head, const json_t *parameters,
		 size_t answers, struct recorder **ret, struct err *e);

/* One answer; one that failed is recorded as such. repeat counts from 0. */
int recorder_add(struct recorder *r, const struct sample *s, size_t repeat,
		 const struct call *call, struct err *e);

/* Write the file. NULL is fine for free. */
int recorder_close(struct recorder *r, struct err *e);
struct recorder *recorder_free(struct recorder *r);

/* ---- reading ---- */

struct recording;
struct recorded {
	const char *text;		/* NULL: it failed, or it is speech */
	const struct media *speech;	/* NULL: none */
	const json_t *logprobs;		/* or NULL */
};

int recording_read(const char *dir, const char *service, struct arena *a, struct recording **ret,
		   struct err *e);
struct recording *recording_free(struct recording *r);	/* NULL is fine */
size_t recording_repeats(const struct recording *r);

/* Does it hold all of these samples, asked in just this way? ERR_USAGE says what differs. */
int recording_check(const struct recording *r, const struct sample *samples, size_t n,
		    const json_t *parameters, struct err *e);

/* The answer to a sample that it holds. */
struct recorded recording_find(const struct recording *r, const char *id, size_t repeat);

#endif
