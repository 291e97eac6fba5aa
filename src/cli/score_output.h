/* src/cli/score_output.h - the result of `assay score` as text, JSON and HTML.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SCORE_OUTPUT_H
#define CLI_SCORE_OUTPUT_H

#include <jansson.h>

#include "base/buf.h"
#include "stats/bootstrap.h"
#include "text/score.h"

/* A second system against the same reference. */
struct comparison {
	const struct score *score;
	struct bootstrap rate;
	struct bootstrap difference;	/* second minus first */
	struct mapsswe mapsswe;
	enum alignment_verdict verdict;
	uint64_t needed;	/* utterances that would decide */
	double gate;	/* as a difference of rates */
	double relative_gate;	/* 0: it was given as a difference */
	size_t same_text;	/* utterances that both put the same way */
};

struct score_output {
	const struct score *score;
	struct bootstrap rate;
	const struct comparison *comparison;	/* NULL: none */
	size_t draws;
	uint64_t seed;
	size_t top;		/* confusions of each kind to show */
	bool pairs;		/* text: show every utterance with an error */
	bool files;		/* text: show every file (without files: utterance) */
	size_t words_left_out;	/* of the hypothesis, in parts that are not scored */
};

json_t *score_json(const struct score_output *o);
void score_text(const struct score_output *o, struct buf *out);
void score_html(const struct score_output *o, struct buf *out);

#endif
