/* src/report/grid.c - see grid.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/grid.h"

#include <math.h>

#include "base/util.h"
#include "report/wording.h"
#include "result/format.h"

const char *grid_title(enum grid_column c, bool zh)
{
	static const char *const titles[][2] = {
		[GRID_PERFORMANCE] = {"performance", "性能"},
		[GRID_RELIABILITY] = {"reliability", "可靠性"},
		[GRID_FUNCTIONALITY] = {"functionality", "功能"},
		[GRID_ACCURACY] = {"accuracy", "精度"},
	};
	return titles[c][zh];
}

const char *verdict_text(enum verdict v, bool zh)
{
	static const char *const texts[] = {
		[VERDICT_PASS] = "通过",
		[VERDICT_FAIL] = "未通过",
		[VERDICT_UNDECIDED] = "无法判定",
		[VERDICT_UNTRUSTWORTHY] = "不可信",
		[VERDICT_ERROR] = "无法运行",
		[VERDICT_SKIPPED] = "跳过",
	};
	return zh ? texts[v] : verdict_name(v);
}

const char *verdict_sign(enum verdict v)
{
	static const char *const signs[] = {
		[VERDICT_PASS] = "✓",
		[VERDICT_FAIL] = "✗",
		[VERDICT_UNDECIDED] = "?",
		[VERDICT_UNTRUSTWORTHY] = "!",
		[VERDICT_ERROR] = "!",
		[VERDICT_SKIPPED] = "–",
	};
	return signs[v];
}

enum grid_column grid_column_of(const char *suite)
{
	if (!suite || strncmp(suite, "perf", 4) == 0 || strcmp(suite, "bench") == 0)
		return GRID_PERFORMANCE;
	if (strncmp(suite, "func", 4) == 0 || strcmp(suite, "check") == 0)
		return GRID_FUNCTIONALITY;
	return strncmp(suite, "accu", 4) == 0 ? GRID_ACCURACY : GRID_RELIABILITY;
}

const char *metric_text(struct arena *a, const char *metric, double value)
{
	char text[FORMAT_MAX];
	format_metric(text, sizeof(text), metric, value);
	return arena_str(a, text);
}

const char *target_text(struct arena *a, const struct target *t, bool zh)
{
	char value[FORMAT_MAX];
	format_metric(value, sizeof(value), t->metric, t->value);
	if (!*value)
		return arena_fmt(a, zh ? "%s 未测得 (%s)" : "%s not measured (%s)", t->metric,
				 t->text);
	return arena_fmt(a, "%s %s (%s)", t->metric, value, t->text);
}

const char *together_text(bool zh)
{
	return zh ? "合并判定" : "judged together";
}

/* "95 %: 1.34 s … 2.17 s, n = 6"; NULL: of nothing. */
static const char *n_text(struct arena *a, const char *range, uint64_t n, bool zh)
{
	if (n == 0)
		return NULL;
	return arena_fmt(a, "%s%s%sn = %llu", !range ? "" : zh ? "95%: " : "95 %: ",
			 range ? range : "", range ? ", " : "", (unsigned long long)n);
}

static const char *target_more(struct arena *a, const struct target *t, bool zh)
{
	return n_text(a, interval_text(a, t->metric, t->lo, t->hi), t->n, zh);
}

static struct grid_row *row_of(struct grid *g, struct arena *a, const char *service)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->rows[i].service == service ||
		    (service && g->rows[i].service && strcmp(g->rows[i].service, service) == 0))
			return &g->rows[i];
	struct grid_row *row = ARENA_ADD(a, g->rows, g->n);
	row->service = service;
	return row;
}

/* Bad verdicts first; of equal ones the target nearest to its limit, or farthest beyond it. */
static int badness(enum verdict v)
{
	static const int rank[] = {
		[VERDICT_SKIPPED] = 0, [VERDICT_PASS] = 1, [VERDICT_UNDECIDED] = 2,
		[VERDICT_FAIL] = 3, [VERDICT_UNTRUSTWORTHY] = 4, [VERDICT_ERROR] = 5,
	};
	return rank[v];
}

static double strain(const struct target *t)
{
	if (isnan(t->value) || t->limit <= 0)
		return 0;
	bool less = t->op == TARGET_LT || t->op == TARGET_LE;
	return less ? t->value / t->limit : t->limit / fmax(t->value, 1e-12);
}

static const struct target *worst(const struct target *items, size_t n, const struct target *best)
{
	for (size_t i = 0; i < n; i++) {
		const struct target *t = &items[i];
		int a = badness((enum verdict)t->verdict);
		int b = best ? badness((enum verdict)best->verdict) : -1;
		if (a > b || (a == b && strain(t) > strain(best)))
			best = t;
	}
	return best;
}

/* The run of the column that says most, and its target that does. */
struct worst_run {
	const struct run *run;
	const struct target *target;
	size_t n;
};

static struct worst_run worst_run(const struct result *r, const char *service,
				  enum grid_column column)
{
	struct worst_run w = {0};
	for (size_t i = 0; i < r->n_runs; i++) {
		const struct run *run = r->runs[i];
		const char *name = run->service.name ? run->service.name : run->service.kind;
		if (!name || strcmp(name, service) != 0 || grid_column_of(run->suite) != column)
			continue;
		w.n++;
		int a = badness(run_verdict(run)), b = w.run ? badness(run_verdict(w.run)) : -1;
		const struct target *t = worst(run->targets, run->n_targets, NULL);
		if (a < b || (a == b && (!t || (w.target && worst(t, 1, w.target) == w.target))))
			continue;
		w.run = run;
		w.target = t;
	}
	return w;
}

/* What is told of a run none of whose targets gave it its verdict. */
static const char *run_text(const struct run *run, struct arena *a, bool zh)
{
	struct metric_value value;
	char rate[FORMAT_MAX];
	enum verdict v = run_verdict(run);
	if (v == VERDICT_SKIPPED) {
		format_percent(rate, sizeof(rate), run_error_rate(run));
		return arena_fmt(a, zh ? "长稳: 错误率 %s" : "soak: errors %s", rate);
	}
	if (v != VERDICT_PASS && v != VERDICT_UNTRUSTWORTHY)
		return run_why(run, a, zh);
	return run_value(run, "latency.p50", &value)
		? arena_fmt(a, "latency.p50 %s", metric_text(a, "latency", value.value)) : NULL;
}

/* All runs of one service that belong to the column: the worst speaks. */
static void fill_runs(const struct result *r, struct arena *a, struct grid_row *row,
		      enum grid_column column)
{
	struct grid_cell *cell = &row->cells[column];
	struct worst_run w = worst_run(r, row->service, column);
	if (!w.run)
		return;
	cell->present = true;
	cell->verdict = run_verdict(w.run);
	if (cell->verdict == VERDICT_SKIPPED) {
		cell->words = together_text(false);
		cell->words_zh = together_text(true);
	}
	/* Why it is not trusted stands below: here the number that is not to be trusted. */
	bool trusted = cell->verdict != VERDICT_UNTRUSTWORTHY;
	if (w.target &&
	    (!trusted || badness((enum verdict)w.target->verdict) >= badness(cell->verdict))) {
		cell->text = target_text(a, w.target, false);
		cell->text_zh = target_text(a, w.target, true);
		cell->more = target_more(a, w.target, false);
		cell->more_zh = target_more(a, w.target, true);
	} else {
		cell->text = run_text(w.run, a, false);
		cell->text_zh = run_text(w.run, a, true);
	}
	if (w.n == 1)
		return;
	cell->more = arena_fmt(a, cell->more ? "%s · %s" : "%s", w.run->name, cell->more);
	cell->more_zh = arena_fmt(a, cell->more_zh ? "%s · %s" : "%s", w.run->name, cell->more_zh);
}

static void fill_cases(const struct result *r, struct arena *a, struct grid_row *row,
		       enum grid_column column)
{
	struct grid_cell *cell = &row->cells[column];
	uint64_t passed = 0, judged = 0, skipped = 0;
	enum verdict v = VERDICT_SKIPPED;
	for (size_t i = 0; i < r->n_cases; i++) {
		const struct case_result *c = &r->cases[i];
		if (!c->service || strcmp(c->service, row->service) != 0 ||
		    grid_column_of(c->suite) != column)
			continue;
		passed += c->verdict == VERDICT_PASS;
		judged += c->verdict != VERDICT_SKIPPED;
		skipped += c->verdict == VERDICT_SKIPPED;
		if (badness(c->verdict) > badness(v))
			v = c->verdict;
	}
	if (judged + skipped == 0)
		return;
	const char *en = arena_fmt(a, "%llu of %llu passed", (unsigned long long)passed,
				   (unsigned long long)judged);
	const char *zh = arena_fmt(a, "%llu/%llu 通过", (unsigned long long)passed,
				   (unsigned long long)judged);
	if (judged == 0) {
		en = "all skipped";
		zh = "全部跳过";
	} else if (skipped > 0) {
		en = arena_fmt(a, "%s, %llu skipped", en, (unsigned long long)skipped);
		zh = arena_fmt(a, "%s,跳过 %llu", zh, (unsigned long long)skipped);
	}
	if (cell->present && cell->text) {
		en = arena_fmt(a, "%s · %s", en, cell->text);
		zh = arena_fmt(a, "%s · %s", zh, cell->text_zh);
	}
	if (!cell->present || badness(v) > badness(cell->verdict)) {
		cell->verdict = v;
		cell->words = cell->words_zh = NULL;
	}
	cell->present = true;
	cell->text = en;
	cell->text_zh = zh;
}

static void fill_accuracy(struct arena *a, const struct accuracy_result *x, struct grid_row *row)
{
	struct grid_cell *cell = &row->cells[GRID_ACCURACY];
	struct accuracy_words w;
	enum verdict v = accuracy_verdict(x);
	if (cell->present && badness(v) <= badness(cell->verdict))
		return;
	accuracy_words(x, a, &w);
	cell->present = true;
	cell->verdict = v;
	/* It was measured; there is nothing to hold it against. */
	cell->words = v == VERDICT_SKIPPED ? "not compared" : NULL;
	cell->words_zh = v == VERDICT_SKIPPED ? "未对比" : NULL;
	cell->more = n_text(a, w.interval, x->utterances, false);
	cell->more_zh = n_text(a, w.interval, x->utterances, true);
	if (!w.difference) {
		const char *rate = w.candidate ? w.candidate : "–";
		cell->text = arena_fmt(a, "%s %s, no reference", w.what, rate);
		cell->text_zh = arena_fmt(a, "%s %s,无参考", w.what_zh, rate);
		return;
	}
	const char *by = arena_fmt(a, w.gate ? "%s (%s)" : "%s", w.difference, w.gate);
	cell->text = arena_fmt(a, "%s %s", w.what, by);
	cell->text_zh = arena_fmt(a, "%s %s", w.what_zh, by);
}

const struct target *soak_target(const struct soak_result *s, const char *metric)
{
	for (size_t i = 0; i < s->n_targets; i++)
		if (strcmp(s->targets[i].metric, metric) == 0)
			return &s->targets[i];
	return NULL;
}

static void fill_soak(const struct result *r, struct arena *a, struct grid_row *row)
{
	const struct soak_result *s = &r->soak;
	struct grid_cell *cell = &row->cells[GRID_RELIABILITY];
	const struct target *t = soak_target(s, "error_rate");
	const char *rate = metric_text(a, "error_rate", s->error_rate);
	const char *time = metric_text(a, "latency", s->hours * 3600);
	const char *range = interval_text(a, "error_rate", s->error_lo, s->error_hi);
	if (t)
		rate = arena_fmt(a, "%s (%s)", rate, t->text);
	cell->present = true;
	cell->verdict = soak_verdict(s);
	cell->text = arena_fmt(a, "soak%s%s: errors %s, outages %zu",
			       *time ? " " : "", time, rate, s->n_outages);
	cell->text_zh = arena_fmt(a, "长稳%s%s: 错误率 %s,中断 %zu 次",
				  *time ? " " : "", time, rate, s->n_outages);
	cell->more = n_text(a, range, s->requests, false);
	cell->more_zh = n_text(a, range, s->requests, true);
}

void grid_make(const struct result *r, struct arena *a, struct grid *ret)
{
	struct grid g = {0};
	for (size_t i = 0; i < r->n_runs; i++) {
		const struct service_ref *s = &r->runs[i]->service;
		if (s->name || s->kind)
			(void)row_of(&g, a, s->name ? s->name : s->kind);
	}
	for (size_t i = 0; i < r->n_cases; i++)
		if (r->cases[i].service)
			(void)row_of(&g, a, r->cases[i].service);
	for (size_t i = 0; i < r->n_accuracy; i++)
		if (r->accuracy[i].service)
			fill_accuracy(a, &r->accuracy[i], row_of(&g, a, r->accuracy[i].service));
	for (size_t i = 0; i < g.n; i++)
		for (int c = 0; c < GRID_ACCURACY; c++) {
			fill_runs(r, a, &g.rows[i], (enum grid_column)c);
			fill_cases(r, a, &g.rows[i], (enum grid_column)c);
		}
	if (r->soak.present)
		fill_soak(r, a, row_of(&g, a, NULL));
	*ret = g;
}
