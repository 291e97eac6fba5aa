/* src/report/compare.h - is a result better or worse than an earlier one?
 *
 * Every difference gets a 95 % interval. It is judged as alignment is (METRICS.md): inside the gate
 * it is the same, beyond it better or worse, else undecided. A number without an interval is never
 * called better or worse.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include "base/buf.h"
#include "result/result.h"

enum change { CHANGE_SAME, CHANGE_BETTER, CHANGE_WORSE, CHANGE_UNDECIDED, CHANGES };

const char *change_name(enum change c);			/* "same", "better", … */
const char *change_text(enum change c, bool zh);

/* How far a number may go in its bad direction: "latency.p99 +10%", "cer +0.5pp",
 * "request_rate -5%", "ttft.p50 +20ms". */
struct compare_limit {
	const char *metric;
	const char *text;	/* "+10%" */
	double amount;		/* positive; relative to the base, or in the metric's unit */
	bool relative;
	bool used;
};

int compare_limit_parse(const char *text, struct arena *a, struct compare_limit *ret,
			struct err *e);

struct compare_options {
	struct compare_limit *limits;
	size_t n_limits;
	double same;		/* relative gate of numbers without a limit */
	double same_share;	/* the gate of shares and error rates, absolute */
};

/* One side of a comparison; NaN: not known. */
struct compare_value {
	double value, lo, hi;	/* with its 95 % interval */
	uint64_t n;
};

struct compared {
	const char *group;	/* the run: "bench asr", or "accuracy asr", "soak" */
	const char *metric;	/* "latency.p99", "cer" */
	const char *unit;
	bool higher_is_better;
	bool share;		/* differences are percentage points */
	struct compare_value base, now;
	double difference, lo, hi;	/* now − base; ±INFINITY: no bound on that side */
	double gate;		/* in the metric's unit */
	const char *limit;	/* as asked for, or NULL */
	bool judged;		/* counts for the verdict */
	enum change change;
	uint64_t needed;	/* samples that would decide; 0: decided, or not known */
	const char *rule;	/* how the interval came about */
	const char *why;	/* why undecided */
};

/* A case, a leak or an outage: it has a verdict and no number. */
struct compared_case {
	const char *suite, *service, *id, *name;
	enum verdict base, now;
	enum change change;
	const char *detail;	/* what came in the new result */
};

struct compare_environment {
	const char *key;	/* "devices[0].name" */
	const char *base, *now;	/* NULL: not there */
};

struct comparison {
	struct arena *a;
	const struct result *base, *now;
	const char *base_path, *now_path;
	struct compare_environment *environment;	/* what differs */
	size_t n_environment;
	struct compared *items;
	size_t n;
	struct compared_case *cases;	/* those that changed */
	size_t n_cases;
	size_t cases_same;
	bool cases_judged;	/* they count for the verdict: no limits were given */
	struct strings missing;	/* runs and cases of the base that the new result lacks */
	enum change change;	/* of all that is judged */
};

/* Both results must outlive the comparison, which is in the arena. Limits that found their number
 * are marked used. */
int compare_results(const struct result *base, const struct result *now,
		    struct compare_options *o, struct arena *a, struct comparison *ret,
		    struct err *e);
int compare_exit_status(const struct comparison *c);	/* 0, 1, 5 */

/* Parts, for the files of compare_*.c. */

/* Interval of the difference of two independent numbers from the interval of each (method of
 * variance estimates recovery: Zou & Donner 2008; for shares this is Newcombe's method 10). */
void compare_difference(struct compared *c);
/* Gate, change and, when undecided, why. */
void compare_judge(struct compared *c, const struct compare_options *o);
/* "latency.p99" of a run with its interval; false: the run does not have it. */
bool compare_run_value(const struct run *run, const char *metric, struct compare_value *ret,
		       const char **ret_rule);
int compare_accuracy(struct comparison *c, struct compare_options *o, struct err *e);
void compare_cases(struct comparison *c);
void compare_environments(struct comparison *c);
/* What was asked of two runs that are compared: differences go to the environment. */
void compare_settings(struct comparison *c, const struct run *base, const struct run *now);

/* What is said of it. zh: in Chinese. */
void compare_terminal(const struct comparison *c, bool zh, bool color, size_t width,
		      struct buf *out);
json_t *compare_json(const struct comparison *c);
int compare_junit(const struct comparison *c, struct buf *out, struct err *e);

/* More than two: every number through all results, in this order. */
struct history {
	const struct result *const *results;
	const char *const *paths;
	size_t n;
};
void history_terminal(const struct history *h, struct arena *a, bool zh, size_t width,
		      struct buf *out);
json_t *history_json(const struct history *h, struct arena *a);

/* One page: the comparison, and the history with a plot of each number (NULL: none). */
int compare_html(const struct comparison *c, const struct history *h, const char *lang,
		 struct buf *out, struct err *e);

#endif
