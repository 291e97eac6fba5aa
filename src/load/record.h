/* src/load/record.h - what is kept of a request (keeper.h), and how a load thread hands it over.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_RECORD_H
#define LOAD_RECORD_H

#include "load/keeper.h"
#include "load/observe.h"

/* ---- one load thread ---- */
struct records;
int records_new(struct keeper *r, struct records **ret, struct err *e);
void records_add(struct records *r, const struct question *q, const struct observation *o);
struct records *records_free(struct records *r);	/* hands over what it has; NULL is fine */

/* ---- afterwards ---- */
struct record {
	uint32_t run;			/* its index in the result */
	uint32_t rank;			/* that sent it */
	int32_t status;			/* HTTP; 0: none came */
	uint32_t n_gaps;
	uint8_t outcome;		/* enum outcome */
	bool streamed, tokens_counted;	/* tokens_counted: output_tokens are events */
	const char *sample_id;		/* borrowed from the samples; NULL: it has none */
	uint64_t intended, begin, end;	/* ns; begin: connecting, or the first byte sent */
	uint64_t first_event, last_event;	/* with choices or text; 0: none */
	double values[OBSERVED_COUNT];	/* as struct observation */
	uint64_t gaps[];		/* ns between successive events of any kind */
};

/* The records in no order but that of each thread: call with *pos = 0 until NULL. Good until
 * keeper_free(). */
const struct record *keeper_next(const struct keeper *r, size_t *pos);

#endif
