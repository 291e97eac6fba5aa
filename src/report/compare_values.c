/* src/report/compare_values.c - a number of a run with its 95 % interval: by order statistics for
 * percentiles, Wilson for shares, the spread of what it was made of for means and rates.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "report/compare.h"
#include "stats/bootstrap.h"

#define Z95 1.959963984540054
#define MEAN_MIN 30	/* samples below which a mean has no interval here */
#define WINDOWS_MIN 12	/* windows below which a rate has none */
#define SEED 1

/* (standard deviation / mean)² of the samples, from the buckets (off by at most 0.1 %). */
static double variation2(const struct hist *h)
{
	double mean = hist_mean(h), sum = 0;
	size_t pos = 0;
	uint64_t low, high, n;
	while (hist_next(h, &pos, &low, &high, &n)) {
		double d = ((double)low + (double)high) / 2 - mean;
		sum += d * d * (double)n;
	}
	uint64_t count = hist_count(h);
	return count > 1 && mean > 0 ? sum / (double)(count - 1) / (mean * mean) : NAN;
}

static void around(struct compare_value *v, double relative)
{
	v->lo = v->value - Z95 * relative * fabs(v->value);
	v->hi = v->value + Z95 * relative * fabs(v->value);
}

static const struct hist *samples(const struct run *run, const char *name)
{
	const struct metric *m = run_find_metric(run, name);
	return m ? m->hist : NULL;
}

/* Answers per second: windows drawn anew, whole windows only. Gives the relative deviation. */
static double rate_deviation(const struct run *run)
{
	struct bootstrap b;
	double deviation = NAN;
	double *ok = calloc(run->n_windows + 1, sizeof(*ok));
	double *seconds = calloc(run->n_windows + 1, sizeof(*seconds));
	for (size_t i = 0; ok && seconds && i < run->n_windows; i++) {
		ok[i] = (double)run->windows[i].ok;
		seconds[i] = ns_to_s(run->windows[i].to_ns - run->windows[i].from_ns);
	}
	if (ok && seconds && run->n_windows >= WINDOWS_MIN &&
	    bootstrap_rate(ok, seconds, run->n_windows, BOOTSTRAP_DRAWS, SEED, &b, NULL) == 0 &&
	    b.estimate > 0)
		deviation = b.sd / b.estimate;
	free(ok);
	free(seconds);
	return deviation;
}

/* A rate of amounts: that of the answers, and the mean amount of one answer. Taken as independent;
 * where long answers slow the rate down, the true interval is narrower. */
static void rate_interval(const struct run *run, const char *name, struct compare_value *v)
{
	double answers = rate_deviation(run);
	const struct hist *amounts = NULL;
	if (strcmp(name, "token_rate") == 0)
		amounts = samples(run, "output_tokens");
	else if (strcmp(name, "audio_rate") == 0)
		amounts = samples(run, "audio_seconds");
	else if (strcmp(name, "request_rate") != 0)
		return;
	double amount2 = 0;
	if (strcmp(name, "request_rate") != 0)
		amount2 = amounts ? variation2(amounts) / (double)hist_count(amounts) : NAN;
	if (!isnan(answers) && !isnan(amount2))
		around(v, sqrt(answers * answers + amount2));
}

/* Σ service time / Σ audio: a mean of rtf weighted by the seconds of audio. */
static void rtf_interval(const struct run *run, struct compare_value *v)
{
	const struct hist *rtf = samples(run, "rtf"), *audio = samples(run, "audio_seconds");
	if (!rtf || hist_count(rtf) < MEAN_MIN)
		return;
	double weights = audio ? variation2(audio) : 0;
	double effective = (double)hist_count(rtf) / (1 + (isnan(weights) ? 0 : weights));
	double spread = variation2(rtf);
	if (!isnan(spread))
		around(v, sqrt(spread / effective));
}

static void mean_interval(const struct run *run, const struct metric_def *def,
			  struct compare_value *v)
{
	const struct hist *h = samples(run, def->name);
	if (h && hist_count(h) >= MEAN_MIN && hist_mean(h) > 0)
		around(v, sqrt(variation2(h) / (double)hist_count(h)));
}

bool compare_run_value(const struct run *run, const char *metric, struct compare_value *ret,
		       const char **ret_rule)
{
	struct metric_value m;
	const struct metric_def *def;
	const char *stat;
	double q;
	if (!metric_parse(metric, &def, &q, &stat) || !run_value(run, metric, &m) ||
	    isnan(m.value))
		return false;
	struct compare_value v = {.value = m.value, .lo = m.lo, .hi = m.hi, .n = m.n};
	const char *rule = NULL;
	if (m.quantile) {
		rule = "order statistics";
	} else if (!isnan(m.lo)) {
		rule = "Wilson";
	} else if (strcmp(metric, "rtf") == 0 || strcmp(metric, "rtf_run") == 0) {
		rule = "spread of the requests, weighted by their audio";
		rtf_interval(run, &v);
	} else if (strcmp(stat, "mean") == 0) {
		rule = "normal interval of the mean";
		mean_interval(run, def, &v);
	} else if (def->scope == METRIC_RUN) {
		rule = "windows drawn anew";
		rate_interval(run, def->name, &v);
	}
	*ret = v;
	*ret_rule = isnan(v.lo) && isnan(v.hi) ? NULL : rule;
	return true;
}
