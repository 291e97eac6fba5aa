/* src/bridge/foreign.h - a run put together from what another tool has written.
 *
 * Numbers come under the name of METRICS whose definition they have: the time to first token of
 * vLLM and EvalScope is the first event of any kind, so it is ttfe here. Times are in seconds.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BRIDGE_FOREIGN_H
#define BRIDGE_FOREIGN_H

#include "base/json.h"
#include "result/result.h"

/* Of another tool's file; larger ones are refused. */
#define FOREIGN_FILE_MAX ((size_t)2 << 30)
#define FOREIGN_RUNS_MAX 10000

/* JSON as Python writes it: NaN and Infinity, which no JSON has, are read as not known. They are
 * blotted out in text. NULL: *e says where it is damaged. */
json_t *foreign_json(char *text, size_t len, struct err *e);

/* A run that is trusted as far as its tool is. Texts are copied. name is made unique.
 * NULL: there are more than FOREIGN_RUNS_MAX. */
struct run *foreign_run(struct result *r, const char *name, const char *kind,
			const char *protocol, const char *url, struct err *e);

/* The statistic of ours for their percentile: 99.9 → "p99.9", 0 → "min", 100 → "max"; NULL: it
 * is none. */
const char *foreign_percentile(struct arena *a, double percent);

/* One sample of a distribution. What is no number or negative is not known, and left out; so is a
 * time of 0, which the tools write where there is none (only gaps and waits may be that short). */
void foreign_sample(struct result *r, struct run *run, const char *metric, double value);

/* A number of a distribution that the file does not hold: "p99" or "mean". Left out as above. */
void foreign_point(struct result *r, struct run *run, const char *metric, const char *stat,
		   double value);

/* A number of the run as a whole. */
void foreign_value(struct result *r, struct run *run, const char *metric, double value);

void foreign_counts(struct run *run, uint64_t ok, uint64_t failed);

/* Whole seconds of the run with the answers that ended in each: what intervals of rates are
 * reckoned from. ends[] count from the run's start; if one of them is NaN, nothing is. */
void foreign_windows(struct result *r, struct run *run, const double *ends, size_t n,
		     double duration_s);

/* environment.services.NAME: what was asked, by which tool. */
void foreign_environment(struct result *r, const char *tool, const char *service,
			 const char *url, const char *model, const char *protocol);

/* Why a file is not what it looked like: gives -1. */
int foreign_bad(struct err *e, const char *key, const char *must);

#endif
