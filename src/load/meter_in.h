/* src/load/meter_in.h - inside of meter.c and meter_finish.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_METER_IN_H
#define LOAD_METER_IN_H

#include "load/meter.h"

#define DETAIL_MAX 300

/* The first failure of one kind. */
struct failure {
	uint64_t count;
	uint64_t at;		/* ns: of the first */
	int status;
	const char *sample_id;
	char detail[DETAIL_MAX + 1];
};

struct meter {
	struct meter_spec spec;
	uint64_t outcomes[OUTCOME_COUNT];
	uint64_t attempted, unsent, empty_transcripts, good;
	uint64_t ends, ends_good;	/* ok, within the window */
	double tokens, audio_s;		/* of those */
	double service_ns, all_audio_s;	/* of all that were ok and have audio: for rtf_run */
	bool any_tokens, tokens_counted;
	uint64_t first_intended, last_end;	/* 0: none */
	double area;			/* ns × requests in flight within the window */
	uint64_t moments[3];		/* by enum stamp_kind */
	struct hist *observed[OBSERVED_COUNT];
	struct hist *bound;
	struct timeline *timeline;
	struct failure failures[OUTCOME_COUNT];
	struct failure stale;		/* asked again on a new connection, whatever became of it */
};

/* Printable bytes of text for people: control bytes become blanks, cut at a character. */
void failure_detail(const char *text, size_t len, char out[DETAIL_MAX + 1]);

#endif
