/* src/result/result.h - what was measured: one tree that every writer reads and none changes.
 *
 * Filled by load, suite and monitor; judged by result_judge(); then read by store and report.
 * Strings and arrays live in the result's arena. Pointers that are NULL and numbers that are NaN
 * mean "not known". result.json (INTERFACES.md) is this tree.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_RESULT_H
#define RESULT_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/outcome.h"
#include "result/metric.h"
#include "result/series.h"
#include "result/target.h"
#include "stats/hist.h"

enum verdict {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_UNDECIDED,
	VERDICT_UNTRUSTWORTHY,
	VERDICT_ERROR,		/* could not run */
	VERDICT_SKIPPED,
};

const char *verdict_name(enum verdict v);	/* "pass", "fail", … */

/* Which service was tested, as the reader must know it. */
struct service_ref {
	const char *name;	/* its key in the plan: "asr" */
	const char *kind;	/* asr, tts, chat */
	const char *protocol;
	const char *url;
};

/* One number of a distribution that is not there itself: another tool's file told no more. */
struct metric_point {
	double quantile;	/* NaN: see stat */
	const char *stat;	/* "mean", "min", "max" */
	double value;
};

/* A number of a run under its METRICS name: a distribution, or one value. */
struct metric {
	const struct metric_def *def;
	struct hist *hist;	/* unit 1e-9 of def->unit; owned by the result; NULL: see value */
	double value;		/* for rates and counts; NaN when hist is set */
	const char *note;	/* the rule or remark printed beside it ("scaled"), or NULL */
	struct metric_point *points;	/* only without hist; not in result.json */
	size_t n_points;
};

/* One second (or more) of a run, for the timeline. Offsets are from run->start_ns. */
struct run_window {
	uint64_t from_ns, to_ns;
	uint64_t started, ok, failed;
	double in_flight;		/* time-weighted mean */
	double latency_p50, latency_p99;	/* s, of requests that ended here; NaN: none */
	double ttft_p50;
};

struct failure_example {
	enum outcome outcome;
	int status;		/* HTTP, or 0 */
	uint64_t count;
	const char *sample_id;	/* input that failed first */
	const char *detail;	/* first bytes of the reply, printable, at most 300 */
};

/* Why the numbers can, or cannot, be believed (METRICS.md, "Trust"). */
struct generator {
	int threads;
	double cpu_s;			/* all load threads */
	double busiest_core_share;	/* of the busiest load thread, 0 … 1 */
	struct hist *queue_delay, *generator_delay;
	double asked_rate, achieved_rate;	/* open loop; else NaN */
	uint64_t reads_stamped, reads_user;
	uint64_t moments_stamped, moments_shared, moments_user;
	struct hist *bound;		/* error bounds of first_token moments */
};

/* A p99, and what of it is certain: below 1,000 samples the lower end of its 95 % interval, for
 * then fewer than ten lie beyond it: it is all but the maximum, and one hiccup of the machine
 * would stand for every request. */
struct run_p99 {
	double p99, least;		/* NaN: no samples */
};

/* The share of one rank in a run that several made together, as that rank measured it. */
struct run_host {
	int rank;
	const char *host;
	bool lost;			/* what it measured did not arrive; ok, failed: last told */
	uint64_t threads, cpus;		/* load threads, and the CPUs that they may use */
	uint64_t attempted, ok, failed, unsent;
	double request_rate, asked_rate, achieved_rate;
	double latency_p50, latency_p99, ttft_p50;
	struct run_p99 generator_delay, bound;
	double busiest_core_share;
	uint64_t reads_stamped, reads_user;
	double start_bound_s;		/* its start and rank 0's are the same to this */
	double clock_ahead_s;		/* its wall clock against rank 0's, to the same bound */
};

/* A run that ends when a percentile is known well enough (until): is it? Judged by all samples. */
struct run_until {
	const char *metric;	/* NULL: not asked for */
	double within;		/* as asked: half of its 95 % interval over it */
	double width;		/* as it is; NaN: too few samples for an interval */
	bool ended;		/* it ended the run; what was under way then came on top */
};

struct trust {
	bool trustworthy;
	struct strings reasons;		/* one sentence each */
};

struct run {
	const char *name;
	const char *suite;		/* performance, soak, … */
	struct service_ref service;
	json_t *settings;		/* echo of its options */
	uint64_t start_ns;		/* CLOCK_MONOTONIC of this host */
	uint64_t start_wall_ns;
	double duration_s;
	uint64_t attempted, unsent;
	uint64_t outcomes[OUTCOME_COUNT];	/* [OUTCOME_OK] is ok */
	uint64_t empty_transcripts;	/* ok, counted apart */
	double concurrency_mean, concurrency_peak;
	double first_request_s;		/* latency of the very first request; NaN: none */
	uint64_t warmup_requests;
	struct metric *metrics;
	size_t n_metrics;
	struct run_window *windows;
	size_t n_windows;
	struct failure_example *failures;
	size_t n_failures;
	struct target *targets;
	size_t n_targets;
	struct generator generator;
	struct run_host *hosts;		/* by rank; none: one process made it */
	size_t n_hosts;
	struct trust trust;
	struct run_until until;
	bool interrupted;		/* ended early; what is here was measured */
	const char *error;		/* could not run: why; or NULL */
};

/* One functional or fault case. */
struct case_result {
	const char *id, *suite, *service, *name;
	enum verdict verdict;		/* pass, fail, skipped */
	const char *finding;		/* wrong-status, slow, collateral, lied, leak, … */
	const char *detail;		/* what was expected and what came; why skipped */
	const char *source;		/* where the case comes from */
	const char *again;		/* command that makes the input and asks again */
	double seconds;
};

struct accuracy_pair {	/* one utterance or question, for the view */
	const char *id, *reference, *candidate_text, *reference_text;
	double candidate_rate, reference_rate;
};

struct accuracy_figure {	/* how near both sides are otherwise */
	const char *name;	/* exact_share, duration_ratio, … */
	double value;
};

struct accuracy_result {
	const char *service;
	const char *metric;		/* wer, cer, mixed, keyword, … */
	const char *normalizer;
	uint64_t utterances;
	uint64_t units, hits, substitutions, deletions, insertions;	/* candidate */
	struct strings missing;
	struct strings mismatches;	/* "id: why": sound and transcript do not fit */
	double reference_rate, candidate_rate, difference;
	double interval_lo, interval_hi;	/* 95 %, of the difference; or of the rate */
	double floor;			/* reference against itself; NaN: not measured */
	double gate;
	uint64_t needed;		/* utterances that would decide it; 0: decided */
	const char *verdict;		/* aligned, not-aligned, undecided; NULL: no reference */
	const char *note;
	struct accuracy_pair *pairs;
	size_t n_pairs;
	struct accuracy_figure *figures;
	size_t n_figures;
};

#define SOAK_OUTAGE_MAX_S 10.0	/* a longer one fails the soak */

struct outage {
	uint64_t from_wall_ns;
	double seconds;
};

struct leak_result {
	const char *what;		/* rss, hbm, fds, threads */
	double slope_per_hour;
	const char *unit;
	const char *verdict;		/* clean, suspect, leak, too-short */
};

struct soak_result {
	bool present;
	double hours;
	uint64_t windows, gaps;
	uint64_t requests, failed;
	struct outage *outages;
	size_t n_outages;
	double error_rate, error_lo, error_hi;	/* Wilson 95 % */
	struct leak_result *leaks;
	size_t n_leaks;
	double drift_p50, drift_p99;		/* last window / first steady window */
	double drift_p99_lo, drift_p99_hi;
	struct target *targets;
	size_t n_targets;
};

struct result {
	struct arena *arena;
	const char *tool_version;
	const char *title;		/* of the plan */
	const char *command;		/* that repeats it */
	uint64_t start_wall_ns;
	uint64_t start_ns;		/* CLOCK_MONOTONIC: zero of all series */
	double duration_s;
	json_t *environment;		/* host, devices, driver, cann, services, plan_sha256 */
	struct run **runs;
	size_t n_runs;
	struct case_result *cases;
	size_t n_cases;
	struct accuracy_result *accuracy;
	size_t n_accuracy;
	struct soak_result soak;
	struct series **series;		/* monitor's readings */
	size_t n_series;
	struct strings skipped;		/* "suite or service: why" */
	struct strings errors;		/* parts that could not run: why */
	bool interrupted;
	enum verdict verdict;		/* set by result_judge() */
	const char *sentence;		/* the verdict in one sentence */
};

struct result *result_new(void);
struct result *result_free(struct result *r);	/* histograms too; NULL is fine */
void result_freep(struct result **r);

struct run *result_add_run(struct result *r, const char *name, const char *suite);
/* name, or "name (2)" … where a run is called so already: reports, comparisons and the database
 * tell runs by their names. In the arena. */
const char *result_unique_name(const struct result *r, const char *name);
/* The pointer is good until the next one is added. */
struct case_result *result_add_case(struct result *r);
struct accuracy_result *result_add_accuracy(struct result *r);

/* The run's metric of this METRICS name, made when missing; with_hist: with a histogram. */
struct metric *run_metric(struct result *r, struct run *run, const char *name, bool with_hist);
const struct metric *run_find_metric(const struct run *run, const char *name);
/* Copy targets into the run, after those that it has. */
void run_add_targets(struct result *r, struct run *run, const struct targets *targets);
uint64_t run_failed(const struct run *run);
double run_error_rate(const struct run *run);	/* NaN when nothing was attempted */

/* "ttft.p99" → its number, with n and, for percentiles, the 95 % interval; false: not there.
 * Bare per-request metric: p50; bare rtf at concurrency 1 and rates: the run's. */
struct metric_value {
	double value, lo, hi;		/* lo or hi NaN: no bound on that side */
	uint64_t n;
	bool few;			/* fewer than 10 samples beyond the percentile */
	bool quantile;			/* it is one, and judged by its interval */
};
bool run_value(const struct run *run, const char *name, struct metric_value *ret);

/* "ttft.p99" → its metric and its percentile. A percentile has quantile in (0, 1); else it is
 * NaN and stat is "mean", "min", "max" or "" (bare). false: no such metric or statistic. */
bool metric_parse(const char *name, const struct metric_def **ret_def, double *ret_quantile,
		  const char **ret_stat);

/* What the row of one rank says of the run that it made (rank, host and clocks are left). */
void run_host_fill(struct run_host *h, const struct run *run);

/* Judge targets (pass, fail, undecided with the n that would decide), trust and the whole. */
void run_judge(struct result *r, struct run *run);
void result_judge(struct result *r);

/* The verdicts of parts, after judging. A run: error, untrustworthy, fail, undecided, pass, or
 * skipped: a service of a soak without targets of its own; the soak judges it with the others. */
enum verdict run_verdict(const struct run *run);
/* What gave a run its verdict where no target did, in the arena. */
const char *run_why(const struct run *run, struct arena *a, bool zh);
bool run_fails_too_often(const struct run *run);	/* over 1 %, and no target judges it */
enum verdict accuracy_verdict(const struct accuracy_result *x);	/* skipped: no reference */
/* The metrics of an accuracy_result by their names, NULL behind the last: error rates all. */
const char *accuracy_name(size_t i);
/* A metric of transcripts (wer, cer, mixed)? Of answers that are right or wrong? Else graded. */
bool accuracy_of_transcripts(const char *metric);
bool accuracy_of_answers(const char *metric);
/* What the rates of an accuracy_result count: "cer", "wrong (keyword)", "1 − anls". */
const char *accuracy_title(const char *metric, struct arena *a, bool zh);
/* How they are counted. */
const char *accuracy_rule(const char *metric, bool zh);
enum verdict leak_verdict(const struct leak_result *l);		/* skipped: too short */
enum verdict soak_verdict(const struct soak_result *s);		/* skipped: there was none */
double soak_longest_outage(const struct soak_result *s);	/* s; 0: none */

bool run_until_reached(const struct run *run);	/* also where nothing was asked */
/* "latency.p99 is known to ±4.7 %, as asked for (±5 %)"; NULL: nothing was asked. */
const char *run_until_text(const struct run *run, struct arena *a, bool zh);

/* run->trust.reasons.items[i], or the same in Chinese; in the arena. */
const char *trust_reason(const struct run *run, size_t i, struct arena *a, bool zh);
/* t->why, or the same in Chinese; NULL: there is none. */
const char *target_why(const struct target *t, struct arena *a, bool zh);

/* The verdict in one sentence, in English or Chinese ("zh"), in the result's arena. */
const char *result_sentence(const struct result *r, const char *lang);
int result_exit_status(const struct result *r);	/* 0, 1, 3, 4, 5 as in INTERFACES.md */

/* Both ways; reading gives back an equal tree (histograms included). Caller: decref / free. */
json_t *result_to_json(const struct result *r);
struct result *result_from_json(const json_t *j, struct err *e);

#endif
