/* src/report/write_markdown.c - the tables as Markdown, for issues and pull requests.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/util.h"
#include "report/tables.h"
#include "report/writers.h"
#include "result/chinese.h"

#define L(en, chinese) (p->zh ? (chinese) : (en))
#define SAY(text) L(text, in_chinese(text, p->a))

struct page {
	const struct result *r;
	struct arena *a;
	struct buf *out;
	bool zh;
};

static void line(struct page *p, const char *before, const char *text, const char *behind)
{
	(void)buf_str(p->out, before);
	markdown_text(text ? text : "", p->out);
	(void)buf_str(p->out, behind);
}

/* A fence longer than any run of backquotes inside. */
static void code(struct page *p, const char *text)
{
	size_t longest = 0;
	for (const char *t = text; *t; t++) {
		size_t n = strspn(t, "`");
		longest = MAX(longest, n);
		t += n ? n - 1 : 0;
	}
	size_t fence = MAX(longest + 1, (size_t)3);
	for (size_t i = 0; i < fence; i++)
		(void)buf_char(p->out, '`');
	(void)buf_fmt(p->out, "\n%s\n", text);
	for (size_t i = 0; i < fence; i++)
		(void)buf_char(p->out, '`');
	(void)buf_str(p->out, "\n\n");
}

static void print_run(struct page *p, const struct run *run)
{
	struct table t;
	enum verdict v = run_verdict(run);
	line(p, arena_fmt(p->a, "### %s ", verdict_sign(v)), run->name, "\n\n");
	line(p, "", arena_fmt(p->a, "%s · %s · %s", run->service.kind ? run->service.kind : "",
			      run->service.protocol ? run->service.protocol : "",
			      run->service.url ? run->service.url : ""), "  \n");
	if (run->error) {
		line(p, L("Could not run: ", "无法运行: "), SAY(run->error), "\n\n");
		return;
	}
	line(p, "", tables_run_line(run, p->a, p->zh), "\n\n");
	for (size_t i = 0; i < run->trust.reasons.n; i++)
		line(p, L("**Not trustworthy:** ", "**不可信:** "), trust_reason(run, i, p->a, p->zh),
		     "\n\n");
	if (tables_targets(run->targets, run->n_targets, p->a, p->zh, &t))
		table_markdown(&t, p->out);
	if (tables_distributions(run, p->a, p->zh, true, &t)) {
		table_markdown(&t, p->out);
		(void)buf_str(p->out, L("\\* fewer than 10 samples beyond it\n\n",
					"\\* 该百分位之外的样本不足 10 个\n\n"));
	}
	if (tables_hosts(run, p->a, p->zh, &t))
		table_markdown(&t, p->out);
	if (tables_failures(run, p->a, p->zh, &t))
		table_markdown(&t, p->out);
}

static void print_rest(struct page *p)
{
	struct table t;
	const struct result *r = p->r;
	if (tables_cases(r, p->a, p->zh, true, &t)) {
		(void)buf_str(p->out, L("## Cases\n\n", "## 用例\n\n"));
		table_markdown(&t, p->out);
	}
	if (tables_accuracy(r, p->a, p->zh, &t)) {
		(void)buf_str(p->out, L("## Accuracy\n\n", "## 精度\n\n"));
		table_markdown(&t, p->out);
	}
	if (r->soak.present) {
		(void)buf_str(p->out, L("## Soak\n\n", "## 长稳\n\n"));
		line(p, "", tables_soak_line(&r->soak, p->a, p->zh), "\n\n");
		if (tables_targets(r->soak.targets, r->soak.n_targets, p->a, p->zh, &t))
			table_markdown(&t, p->out);
		if (tables_leaks(r, p->a, p->zh, &t))
			table_markdown(&t, p->out);
	}
	if (r->errors.n + r->skipped.n > 0)
		(void)buf_str(p->out, L("## Not run\n\n", "## 未运行\n\n"));
	for (size_t i = 0; i < r->errors.n; i++)
		line(p, L("- **error** ", "- **错误** "), SAY(r->errors.items[i]), "\n");
	for (size_t i = 0; i < r->skipped.n; i++)
		line(p, L("- skipped: ", "- 跳过: "), SAY(r->skipped.items[i]), "\n");
}

static void print_all(struct page *p)
{
	const struct result *r = p->r;
	struct table t;
	char when[32];
	clock_format_wall(when, sizeof(when), r->start_wall_ns);
	line(p, "# ", r->title ? SAY(r->title) : "assay", "\n\n");
	line(p, arena_fmt(p->a, "**%s** ", verdict_sign(r->verdict)),
	     p->zh ? result_sentence(r, "zh") : r->sentence, "\n\n");
	(void)buf_fmt(p->out, "assay %s · %s\n\n", r->tool_version, when);
	if (tables_grid(r, p->a, p->zh, &t))
		table_markdown(&t, p->out);
	if (r->command)
		code(p, r->command);
	if (r->n_runs > 0)
		(void)buf_str(p->out, L("## Runs\n\n", "## 运行\n\n"));
	for (size_t i = 0; i < r->n_runs; i++)
		print_run(p, r->runs[i]);
	print_rest(p);
}

static int write(const struct result *r, const struct writer_options *o, struct buf *out,
		 struct err *e)
{
	struct page p = {.r = r, .a = arena_new(), .out = out, .zh = writer_chinese(o)};
	print_all(&p);
	p.a = arena_free(p.a);
	return out->failed ? err_set(e, ERR_SYSTEM, "out of memory while writing Markdown") : 0;
}

const struct writer writer_markdown = {
	.name = "markdown",
	.file = "report.md",
	.summary = "verdict and tables as Markdown",
	.write = write,
};
