/* src/report/write_terminal.c - the verdict and the tables for a terminal.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/util.h"
#include "report/tables.h"
#include "report/width.h"
#include "report/writers.h"
#include "result/chinese.h"

#define L(en, chinese) (p->zh ? (chinese) : (en))
#define SAY(text) L(text, in_chinese(text, p->a))

struct page {
	const struct result *r;
	struct arena *a;
	struct buf *out;
	size_t width;
	bool color, zh;
};

static void paint(struct page *p, const char *color, const char *text)
{
	if (p->color)
		(void)buf_str(p->out, color);
	(void)width_add(p->out, text, SIZE_MAX - 1);
	if (p->color)
		(void)buf_str(p->out, "\033[0m");
}

static void put(struct page *p, const struct table *t, size_t indent)
{
	table_print(t, indent, p->width, p->color, p->out);
}

static void one_line(struct page *p, size_t indent, const char *text)
{
	for (size_t i = 0; i < indent; i++)
		(void)buf_char(p->out, ' ');
	width_wrap(p->out, text, p->width > indent ? p->width - indent : 1, 4);
}

static void print_run(struct page *p, const struct run *run)
{
	struct table t;
	enum verdict v = run_verdict(run);
	(void)buf_char(p->out, '\n');
	paint(p, tables_color(v), verdict_sign(v));
	(void)buf_char(p->out, ' ');
	paint(p, "\033[1m", run->name);
	one_line(p, 0, arena_fmt(p->a, "  %s · %s · %s", run->service.kind ? run->service.kind : "",
				 run->service.protocol ? run->service.protocol : "",
				 run->service.url ? run->service.url : ""));
	if (run->error) {
		one_line(p, 2, arena_fmt(p->a, L("could not run: %s", "无法运行: %s"),
					 SAY(run->error)));
		return;
	}
	one_line(p, 2, tables_run_line(run, p->a, p->zh));
	for (size_t i = 0; i < run->trust.reasons.n; i++)
		one_line(p, 2, arena_fmt(p->a, L("not trustworthy: %s", "不可信: %s"),
					 trust_reason(run, i, p->a, p->zh)));
	if (tables_targets(run->targets, run->n_targets, p->a, p->zh, &t))
		put(p, &t, 2);
	if (tables_distributions(run, p->a, p->zh, false, &t))
		put(p, &t, 2);
	if (tables_hosts(run, p->a, p->zh, &t))
		put(p, &t, 2);
	if (tables_failures(run, p->a, p->zh, &t))
		put(p, &t, 2);
}

static void print_cases(struct page *p)
{
	struct table t;
	size_t count[VERDICT_SKIPPED + 1] = {0};
	if (p->r->n_cases == 0)
		return;
	for (size_t i = 0; i < p->r->n_cases; i++)
		count[p->r->cases[i].verdict]++;
	(void)buf_char(p->out, '\n');
	paint(p, "\033[1m", L("cases", "用例"));
	one_line(p, 0, arena_fmt(p->a, L("  %zu passed, %zu failed, %zu skipped",
					 "  通过 %zu,未通过 %zu,跳过 %zu"),
				 count[VERDICT_PASS], p->r->n_cases - count[VERDICT_PASS] -
				 count[VERDICT_SKIPPED], count[VERDICT_SKIPPED]));
	if (tables_cases(p->r, p->a, p->zh, false, &t))
		put(p, &t, 2);
}

static void print_rest(struct page *p)
{
	struct table t;
	if (tables_accuracy(p->r, p->a, p->zh, &t)) {
		(void)buf_char(p->out, '\n');
		paint(p, "\033[1m", L("accuracy", "精度"));
		(void)buf_char(p->out, '\n');
		put(p, &t, 2);
	}
	if (p->r->soak.present) {
		(void)buf_char(p->out, '\n');
		paint(p, "\033[1m", L("soak", "长稳"));
		(void)buf_char(p->out, '\n');
		one_line(p, 2, tables_soak_line(&p->r->soak, p->a, p->zh));
		if (tables_targets(p->r->soak.targets, p->r->soak.n_targets, p->a, p->zh, &t))
			put(p, &t, 2);
		if (tables_leaks(p->r, p->a, p->zh, &t))
			put(p, &t, 2);
	}
	if (p->r->skipped.n + p->r->errors.n > 0)
		(void)buf_char(p->out, '\n');
	for (size_t i = 0; i < p->r->errors.n; i++)
		one_line(p, 0, arena_fmt(p->a, L("error: %s", "错误: %s"),
					 SAY(p->r->errors.items[i])));
	for (size_t i = 0; i < p->r->skipped.n; i++)
		one_line(p, 0, arena_fmt(p->a, L("skipped: %s", "跳过: %s"),
					 SAY(p->r->skipped.items[i])));
}

static void print_all(struct page *p)
{
	const struct result *r = p->r;
	struct table t;
	char when[32];
	clock_format_wall(when, sizeof(when), r->start_wall_ns);
	one_line(p, 0, arena_fmt(p->a, "assay %s%s%s · %s", r->tool_version, r->title ? " · " : "",
				 r->title ? SAY(r->title) : "", when));
	const char *sentence = p->zh ? result_sentence(r, "zh") : r->sentence ? r->sentence : "";
	(void)buf_str(p->out, p->color ? tables_color(r->verdict) : "");
	one_line(p, 0, sentence);
	(void)buf_str(p->out, p->color ? "\033[0m\n" : "\n");
	if (tables_grid(r, p->a, p->zh, &t))
		put(p, &t, 0);
	for (size_t i = 0; i < r->n_runs; i++)
		print_run(p, r->runs[i]);
	print_cases(p);
	print_rest(p);
}

static int write(const struct result *r, const struct writer_options *o, struct buf *out,
		 struct err *e)
{
	struct page p = {.r = r, .a = arena_new(), .out = out, .zh = writer_chinese(o),
			 .width = o && o->width ? MAX(o->width, (size_t)40) : 80,
			 .color = o && o->color};
	print_all(&p);
	p.a = arena_free(p.a);
	return out->failed ? err_set(e, ERR_SYSTEM, "out of memory while writing the report") : 0;
}

const struct writer writer_terminal = {
	.name = "terminal",
	.summary = "the verdict and tables, fitted to the terminal",
	.write = write,
};
