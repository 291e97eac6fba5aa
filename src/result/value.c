/* src/result/value.c - from the name of a number ("ttft.p99") to the number.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/util.h"
#include "result/result.h"
#include "stats/interval.h"

/* "50" → 0.5, "99" → 0.99, "999" → 0.999, "99.9" → 0.999, "5" → 0.05. NaN: no percentile. */
static double read_percentile(const char *digits)
{
	size_t len = strlen(digits);
	size_t whole = strspn(digits, "0123456789");
	if (whole == 0 || len > 8)
		return NAN;
	double value = 0;
	double scale = 1;
	for (size_t i = 0; i < whole; i++) {
		value = value * 10 + (digits[i] - '0');
		scale *= 10;
	}
	if (whole == len)
		return value / (len == 1 ? 100 : scale);
	if (digits[whole] != '.' || strspn(digits + whole + 1, "0123456789") != len - whole - 1 ||
	    len == whole + 1 || whole > 2)
		return NAN;
	scale = 1;
	for (size_t i = whole + 1; i < len; i++) {
		value = value * 10 + (digits[i] - '0');
		scale *= 10;
	}
	return value / scale / 100;
}

bool metric_parse(const char *name, const struct metric_def **ret_def, double *ret_quantile,
		  const char **ret_stat)
{
	static const char *const stats[] = {"mean", "min", "max"};
	char base[64];
	size_t len = strcspn(name, ".");
	if (len >= sizeof(base))
		return false;
	memcpy(base, name, len);
	base[len] = '\0';
	const struct metric_def *def = metric_find(base);
	if (!def)
		return false;
	*ret_def = def;
	*ret_quantile = NAN;
	*ret_stat = "";
	if (!name[len])
		return true;
	if (def->scope != METRIC_REQUEST)
		return false;
	const char *stat = name + len + 1;
	for (size_t i = 0; i < ARRAY_LEN(stats); i++) {
		if (strcmp(stat, stats[i]) == 0) {
			*ret_stat = stats[i];
			return true;
		}
	}
	if (*stat != 'p')
		return false;
	double q = read_percentile(stat + 1);
	if (isnan(q) || q <= 0 || q >= 1)
		return false;
	*ret_quantile = q;
	return true;
}

static bool plain(double value, uint64_t n, struct metric_value *ret)
{
	if (isnan(value))
		return false;
	*ret = (struct metric_value){.value = value, .lo = NAN, .hi = NAN, .n = n};
	return true;
}

static bool quantile_value(const struct hist *h, double q, struct metric_value *ret)
{
	uint64_t n = hist_count(h);
	if (n == 0)
		return false;
	*ret = (struct metric_value){.value = (double)hist_quantile(h, q) / 1e9, .lo = NAN,
				     .hi = NAN, .n = n, .quantile = true};
	/* With few samples one side may have a bound all the same: a rank beyond which less than
	 * 2.5 % lies. */
	uint64_t lo, hi;
	(void)hist_quantile_interval(h, q, &lo, &hi);
	if (pow(1 - q, (double)n) <= 0.025)
		ret->lo = (double)lo / 1e9;
	if (pow(q, (double)n) <= 0.025)
		ret->hi = (double)hi / 1e9;
	uint64_t rank = (uint64_t)ceil(q * (double)n - 1e-9);
	uint64_t beyond = MIN(n - MIN(rank, n), rank);
	ret->few = beyond < 10;
	return true;
}

static bool stat_value(const struct hist *h, const char *stat, struct metric_value *ret)
{
	uint64_t n = hist_count(h);
	if (n == 0)
		return false;
	if (strcmp(stat, "mean") == 0)
		return plain(hist_mean(h) / 1e9, n, ret);
	if (strcmp(stat, "min") == 0)
		return plain((double)hist_min(h) / 1e9, n, ret);
	return plain((double)hist_max(h) / 1e9, n, ret);
}

/* Numbers that the run holds in fields of its own. */
static bool field_value(const struct run *run, const char *name, struct metric_value *ret)
{
	if (strcmp(name, "error_rate") == 0) {
		if (run->attempted == 0)
			return false;
		(void)plain(run_error_rate(run), run->attempted, ret);
		struct interval w = interval_wilson(run_failed(run), run->attempted);
		ret->lo = w.lo;
		ret->hi = w.hi;
		return true;
	}
	const struct field {
		const char *name;
		double value;
	} fields[] = {
		{"attempted", (double)run->attempted},
		{"ok", (double)run->outcomes[OUTCOME_OK]},
		{"failed", (double)run_failed(run)},
		{"unsent", (double)run->unsent},
		{"concurrency", run->concurrency_mean},
		{"concurrency_peak", run->concurrency_peak},
		{"first_request", run->first_request_s},
	};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (strcmp(fields[i].name, name) == 0)
			return plain(fields[i].value, run->attempted, ret);
	return false;
}

/* Sum of service times over sum of audio seconds: as the engine reckoned it, else from the
 * exact sums of both distributions. */
static bool run_rtf(const struct run *run, struct metric_value *ret)
{
	const struct metric *m = run_find_metric(run, "rtf_run");
	uint64_t n = run->outcomes[OUTCOME_OK];
	if (m && !isnan(m->value))
		return plain(m->value, n, ret);
	const struct metric *time = run_find_metric(run, "service_time");
	const struct metric *audio = run_find_metric(run, "audio_seconds");
	if (!time || !audio || !time->hist || !audio->hist ||
	    hist_count(time->hist) != hist_count(audio->hist) || hist_sum(audio->hist) <= 0)
		return false;
	return plain(hist_sum(time->hist) / hist_sum(audio->hist), n, ret);
}

/* A number that another tool reckoned: without its samples it has no interval. */
static bool point_value(const struct metric *m, double q, const char *stat,
			struct metric_value *ret)
{
	double wanted = isnan(q) && !*stat ? 0.5 : q;
	for (size_t i = 0; i < m->n_points; i++) {
		const struct metric_point *p = &m->points[i];
		if (isnan(wanted) ? isnan(p->quantile) && strcmp(p->stat, stat) == 0
				  : fabs(p->quantile - wanted) < 1e-9)
			return plain(p->value, 0, ret);
	}
	return false;
}

bool run_value(const struct run *run, const char *name, struct metric_value *ret)
{
	const struct metric_def *def;
	double q;
	const char *stat;
	if (!metric_parse(name, &def, &q, &stat))
		return false;
	if (strcmp(def->name, "rtf_run") == 0)
		return run_rtf(run, ret);
	if (strcmp(name, "rtf") == 0 && run->concurrency_peak <= 1 && run_rtf(run, ret))
		return true;

	const struct metric *m = run_find_metric(run, def->name);
	if (def->scope == METRIC_RUN) {
		if (field_value(run, def->name, ret))
			return true;
		if (!m || !plain(m->value, run->attempted, ret))
			return false;
		if (strcmp(def->name, "goodput_share") == 0) {
			ret->n = run->attempted + run->unsent;
			double hits = m->value * (double)ret->n;
			struct interval w = interval_wilson((uint64_t)llround(hits), ret->n);
			ret->lo = w.lo;
			ret->hi = w.hi;
		}
		return true;
	}
	if (!m)
		return false;
	if (!m->hist && m->n_points > 0)
		return point_value(m, q, stat, ret);
	if (!m->hist)
		return !*stat && plain(m->value, run->outcomes[OUTCOME_OK], ret);
	if (*stat)
		return stat_value(m->hist, stat, ret);
	return quantile_value(m->hist, isnan(q) ? 0.5 : q, ret);
}
