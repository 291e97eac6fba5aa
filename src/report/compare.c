/* src/report/compare.c - runs side by side, and the verdict on each number and on the whole.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/compare.h"

#include <math.h>

#include "base/util.h"
#include "stats/interval.h"

const char *change_name(enum change c)
{
	static const char *const names[] = {"same", "better", "worse", "undecided"};
	return names[c];
}

const char *change_text(enum change c, bool zh)
{
	static const char *const names[] = {"相同", "变好", "变差", "未定"};
	return zh ? names[c] : change_name(c);
}

/* ---- limits ---- */

static bool accuracy_metric(const char *name)
{
	for (size_t i = 0; accuracy_name(i); i++)
		if (strcmp(accuracy_name(i), name) == 0)
			return true;
	return false;
}

static bool share_unit(const char *metric)
{
	return accuracy_metric(metric) || strcmp(metric, "error_rate") == 0 ||
	       strcmp(metric, "goodput_share") == 0;
}

/* "+20ms", "+0.02": an amount in the metric's unit, read as a target's limit is. */
static int limit_amount(const char *metric, const char *number, struct arena *a,
			struct compare_limit *l, struct err *e)
{
	struct target t;
	char *end;
	l->amount = strtod(number, &end);
	bool plain = end != number && strspn(number, "0123456789.") == (size_t)(end - number);
	if (plain && strcmp(end, "%") == 0) {
		l->relative = true;
		l->amount /= 100;
		return 0;
	}
	if (plain && strcmp(end, "pp") == 0 && share_unit(metric)) {
		l->amount /= 100;
		return 0;
	}
	if (accuracy_metric(metric))
		return plain && !*end ? 0 : err_set(e, ERR_USAGE,
						    "'%s' is none of: 5%%, 0.5pp", number);
	if (target_parse(metric, arena_fmt(a, "< %s", number), a, &t, e) < 0)
		return -1;
	l->amount = t.limit;
	return 0;
}

int compare_limit_parse(const char *text, struct arena *a, struct compare_limit *ret,
			struct err *e)
{
	const struct metric_def *def = NULL;
	const char *stat;
	double q;
	size_t len = strcspn(text, " \t");
	const char *metric = arena_strn(a, text, len);
	const char *rest = text + len + strspn(text + len, " \t");
	if (*rest != '+' && *rest != '-')
		return err_set(e, ERR_USAGE, "--max '%s': say a number and how far it may go, as "
			       "in 'latency.p99 +10%%' or 'request_rate -5%%'", text);
	if (!accuracy_metric(metric) && !metric_parse(metric, &def, &q, &stat)) {
		struct target t;
		(void)target_parse(metric, "< 1", a, &t, e);	/* it knows the near names */
		return err_prefix(e, "--max: ");
	}
	bool higher = def && def->higher_is_better;	/* of accuracy, errors are counted */
	if (higher != (*rest == '-'))
		return err_set(e, ERR_USAGE, "--max '%s': %s gets worse when it %s: write %c", text,
			       metric, higher ? "falls" : "grows", higher ? '-' : '+');
	struct compare_limit l = {.metric = metric, .text = arena_str(a, rest)};
	if (limit_amount(metric, rest + 1, a, &l, e) < 0)
		return err_prefix(e, "--max '%s': ", text);
	*ret = l;
	return 0;
}

/* ---- one number ---- */

static double squared(double x)
{
	return x * x;
}

void compare_difference(struct compared *c)
{
	const struct compare_value *b = &c->base, *n = &c->now;
	c->difference = n->value - b->value;
	c->lo = isnan(n->lo) || isnan(b->hi) ? -INFINITY
		: c->difference - sqrt(squared(n->value - n->lo) + squared(b->hi - b->value));
	c->hi = isnan(n->hi) || isnan(b->lo) ? INFINITY
		: c->difference + sqrt(squared(n->hi - n->value) + squared(b->value - b->lo));
}

static void set_gate(struct compared *c, const struct compare_options *o)
{
	c->gate = c->share ? o->same_share : o->same * fabs(c->base.value);
	for (size_t i = 0; i < o->n_limits; i++) {
		struct compare_limit *l = &o->limits[i];
		if (strcmp(l->metric, c->metric) != 0)
			continue;
		c->gate = l->relative ? l->amount * fabs(c->base.value) : l->amount;
		c->limit = l->text;
		c->judged = true;
		l->used = true;
	}
}

static bool per_request(const char *metric)
{
	const struct metric_def *def;
	const char *stat;
	double q;
	return metric_parse(metric, &def, &q, &stat) && def->scope == METRIC_REQUEST;
}

/* Rates have theirs from the windows of the run. */
static bool has_windows(const char *metric)
{
	return strcmp(metric, "request_rate") == 0 || strcmp(metric, "token_rate") == 0 ||
	       strcmp(metric, "audio_rate") == 0;
}

void compare_judge(struct compared *c, const struct compare_options *o)
{
	set_gate(c, o);
	/* Turned so that more is worse. */
	double lo = c->higher_is_better ? -c->hi : c->lo;
	double hi = c->higher_is_better ? -c->lo : c->hi;
	if (c->why) {
		c->change = CHANGE_UNDECIDED;
	} else if (lo > c->gate) {
		c->change = CHANGE_WORSE;
	} else if (hi > c->gate) {
		c->change = CHANGE_UNDECIDED;
		c->why = !isinf(hi) ? "the interval holds both the same and worse"
			 : per_request(c->metric) && c->base.n > 0 && c->now.n > 0
				 ? "too few samples for an interval"
			 : has_windows(c->metric) ? "too few windows for an interval"
						  : "one number without an interval";
		if (!isinf(hi) && !isinf(lo)) {
			uint64_t n = interval_n_gate(MAX(c->now.n, (uint64_t)1), (lo + hi) / 2,
						     (hi - lo) / 2, c->gate);
			c->needed = n == UINT64_MAX ? 0 : n;
		}
	} else {
		c->change = hi < 0 && lo < -c->gate ? CHANGE_BETTER : CHANGE_SAME;
	}
}

/* ---- runs ---- */

static bool same_kind(const struct run *a, const struct run *b)
{
	return !a->service.kind || !b->service.kind ||
	       strcmp(a->service.kind, b->service.kind) == 0;
}

static const struct run *find_run(const struct comparison *c, const struct run *like)
{
	const struct result *r = c->now;
	for (size_t i = 0; i < r->n_runs; i++)
		if (strcmp(r->runs[i]->name, like->name) == 0 &&
		    strcmp(r->runs[i]->suite, like->suite) == 0)
			return r->runs[i];
	/* Two results of one run each are compared whatever the runs are called. */
	return c->base->n_runs == 1 && r->n_runs == 1 ? r->runs[0] : NULL;
}

static bool has_target(const struct run *run, const char *metric)
{
	for (size_t i = 0; i < run->n_targets; i++)
		if (strcmp(run->targets[i].metric, metric) == 0)
			return true;
	return false;
}

static bool already(const struct comparison *c, const char *group, const char *metric)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->items[i].group == group && strcmp(c->items[i].metric, metric) == 0)
			return true;
	return false;
}

static void add(struct comparison *c, const struct run *base, const struct run *now,
		const char *metric, const struct compare_options *o)
{
	const struct metric_def *def;
	const char *stat;
	double q;
	struct compared x = {.group = now->name, .metric = metric};
	if (already(c, now->name, metric) || !metric_parse(metric, &def, &q, &stat) ||
	    !compare_run_value(base, metric, &x.base, &x.rule) ||
	    !compare_run_value(now, metric, &x.now, &x.rule))
		return;
	x.metric = arena_str(c->a, metric);
	x.unit = def->unit;
	x.higher_is_better = def->higher_is_better;
	x.share = share_unit(metric);
	x.judged = o->n_limits == 0 && (has_target(now, metric) || has_target(base, metric) ||
					strcmp(metric, "error_rate") == 0);
	compare_difference(&x);
	if (!base->trust.trustworthy || !now->trust.trustworthy)
		x.why = base->trust.trustworthy ? "the new run is not trustworthy"
						: "the run of the base is not trustworthy";
	compare_judge(&x, o);
	*ARENA_ADD(c->a, c->items, c->n) = x;
}

static void compare_run(struct comparison *c, const struct run *base, const struct run *now,
			const struct compare_options *o)
{
	static const char *const unlisted[] = {"generator_delay", "queue_delay", "audio_seconds",
					       "prompt_tokens", "cached_tokens", "tokens_per_event",
					       "output_tokens", "reasoning_tokens",
					       "service_time", "rtfx", "pace_delay"};
	static const char *const whole[] = {"error_rate", "request_rate", "token_rate",
					    "audio_rate", "goodput_share", "rtf_run"};
	for (size_t i = 0; i < now->n_targets; i++)
		add(c, base, now, now->targets[i].metric, o);
	for (size_t i = 0; i < o->n_limits; i++)
		add(c, base, now, o->limits[i].metric, o);
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		add(c, base, now, whole[i], o);
	for (size_t i = 0; i < now->n_metrics; i++) {
		const struct metric_def *def = now->metrics[i].def;
		bool listed = def->scope == METRIC_REQUEST;
		for (size_t k = 0; k < ARRAY_LEN(unlisted); k++)
			listed = listed && strcmp(def->name, unlisted[k]) != 0;
		if (!listed)
			continue;
		/* The bare name means the p50. */
		if (!already(c, now->name, def->name))
			add(c, base, now, arena_fmt(c->a, "%s.p50", def->name), o);
		add(c, base, now, arena_fmt(c->a, "%s.p99", def->name), o);
	}
}

static void compare_runs(struct comparison *c, const struct compare_options *o)
{
	for (size_t i = 0; i < c->base->n_runs; i++) {
		const struct run *base = c->base->runs[i];
		const struct run *now = find_run(c, base);
		if (!now) {
			strings_add(&c->missing, c->a, arena_fmt(c->a, "run %s", base->name));
		} else if (!same_kind(base, now)) {
			/* The same names of numbers, of another thing. */
			strings_add(&c->missing, c->a,
				    arena_fmt(c->a, "run %s of a service of kind %s (now %s)",
					      base->name, base->service.kind, now->service.kind));
		} else {
			compare_settings(c, base, now);
			compare_run(c, base, now, o);
		}
	}
}

static void compare_soak(struct comparison *c, const struct compare_options *o)
{
	const struct soak_result *b = &c->base->soak, *n = &c->now->soak;
	if (!b->present)
		return;
	if (!n->present) {
		strings_add(&c->missing, c->a, "soak");
		return;
	}
	if (b->requests == 0 || n->requests == 0)
		return;
	struct compared x = {
		.group = "soak", .metric = "error_rate", .unit = "ratio", .share = true,
		.judged = o->n_limits == 0, .rule = "Wilson",
		.base = {b->error_rate, b->error_lo, b->error_hi, b->requests},
		.now = {n->error_rate, n->error_lo, n->error_hi, n->requests},
	};
	compare_difference(&x);
	compare_judge(&x, o);
	*ARENA_ADD(c->a, c->items, c->n) = x;
}

static enum change whole(const struct comparison *c)
{
	size_t counts[CHANGES] = {0};
	for (size_t i = 0; i < c->n; i++)
		counts[c->items[i].change] += c->items[i].judged;
	for (size_t i = 0; i < c->n_cases && c->cases_judged; i++)
		counts[c->cases[i].change]++;
	if (c->cases_judged)
		counts[CHANGE_UNDECIDED] += c->missing.n;
	if (counts[CHANGE_WORSE])
		return CHANGE_WORSE;
	if (counts[CHANGE_UNDECIDED] || (c->n == 0 && c->n_cases == 0 && c->cases_same == 0))
		return CHANGE_UNDECIDED;
	return counts[CHANGE_BETTER] ? CHANGE_BETTER : CHANGE_SAME;
}

int compare_results(const struct result *base, const struct result *now,
		    struct compare_options *o, struct arena *a, struct comparison *ret,
		    struct err *e)
{
	struct comparison c = {.a = a, .base = base, .now = now,
				.cases_judged = o->n_limits == 0};
	compare_environments(&c);
	compare_runs(&c, o);
	compare_soak(&c, o);
	if (compare_accuracy(&c, o, e) < 0)
		return -1;
	compare_cases(&c);
	c.change = whole(&c);
	*ret = c;
	return 0;
}

int compare_exit_status(const struct comparison *c)
{
	return c->change == CHANGE_WORSE ? 1 : c->change == CHANGE_UNDECIDED ? 5 : 0;
}
