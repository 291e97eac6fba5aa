/* src/report/html.c - report.html: one file that needs no network.
 *
 * Style, scripts and the charting library stand in it. Its policy (CSP) allows just these
 * scripts, by their hashes, and no request at all: what a service replied can neither run nor
 * call home, even if an escape were forgotten.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "report/assets.h"
#include "report/grid.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "report/writers.h"

/* As a <script> would end at the first "</script". */
static void script(struct buf *out, const char *text)
{
	(void)buf_str(out, "<script>");
	(void)buf_str(out, text);
	(void)buf_str(out, "</script>\n");
}

static void head(const struct html *h, bool zh, bool automatic)
{
	struct buf *out = h->out;
	(void)buf_fmt(out, "<!doctype html>\n<html lang=\"%s\" data-lang=\"%s\"%s>\n<head>\n"
		      "<meta charset=\"utf-8\">\n",
		      zh ? "zh" : "en", zh ? "zh" : "en", automatic ? " data-auto" : "");
	html_policy(out, (const char *const[]){asset_theme_js, asset_dygraph_min_js,
					       asset_switches_js, asset_report_js, NULL}, NULL);
	(void)buf_str(out, "<meta name=\"viewport\" content=\"width=device-width, "
		      "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
		      "<title>");
	html_text(out, verdict_sign(h->r->verdict));
	(void)buf_char(out, ' ');
	html_text(out, h->r->title ? h->r->title : "assay");
	(void)buf_str(out, "</title>\n<style>");
	(void)buf_str(out, asset_dygraph_min_css);
	(void)buf_str(out, asset_report_css);
	(void)buf_str(out, "</style>\n");
	script(out, asset_theme_js);
	(void)buf_str(out, "</head>\n");
}

static void link_to(struct buf *out, const char *to, const char *en, const char *zh)
{
	(void)buf_fmt(out, "<a href=\"#%s\">", to);
	html_both(out, en, zh);
	(void)buf_str(out, "</a>");
}

static void navigation(const struct html *h)
{
	struct buf *out = h->out;
	(void)buf_str(out, "<header class=\"bar\"><b>assay</b><nav>");
	for (size_t i = 0, n; i < h->r->n_runs; i += MAX(n, (size_t)1)) {
		const char *name = h->r->runs[i]->name;
		n = html_sweep_steps(h->r, i);
		if (n > 0)
			name = html_sweep_name(h->r->runs[i], h->a);
		link_to(out, arena_fmt(h->a, n > 0 ? "sweep-%zu" : "run-%zu", i), name, name);
	}
	if (h->r->n_cases > 0)
		link_to(out, "cases", "cases", "用例");
	if (h->r->n_accuracy > 0)
		link_to(out, "accuracy", "accuracy", "精度");
	if (h->r->soak.present)
		link_to(out, "soak", "soak", "长稳");
	link_to(out, "rules", "definitions", "定义");
	(void)buf_str(out, "</nav><span class=\"switches\" hidden>"
		      "<button type=\"button\" id=\"lang\"></button>"
		      "<button type=\"button\" id=\"theme\"></button></span></header>\n");
}

static int page(const struct html *h, bool zh, bool automatic)
{
	struct buf *out = h->out;
	head(h, zh, automatic);
	(void)buf_str(out, "<body>\n");
	navigation(h);
	(void)buf_str(out, "<main>\n");
	html_verdict_line(h);
	html_grid(h);
	html_keys(h);
	html_facts(h);
	for (size_t i = 0, n; i < h->r->n_runs; i += n) {
		size_t steps = html_sweep_steps(h->r, i);
		n = MAX(steps, (size_t)1);
		if (steps > 0)
			html_sweep(h, i, steps);
		else
			html_run(h, h->r->runs[i], i);
	}
	html_cases(h);
	html_accuracy(h);
	html_soak(h);
	html_rules(h);
	(void)buf_str(out, "</main>\n<script type=\"application/json\" id=\"data\">");
	json_t *data = html_data(h->r);
	int ret = html_json(out, data);
	json_decref(data);
	(void)buf_str(out, "</script>\n");
	script(out, asset_dygraph_min_js);
	script(out, asset_switches_js);
	script(out, asset_report_js);
	(void)buf_str(out, "</body>\n</html>\n");
	return ret;
}

static int write(const struct result *r, const struct writer_options *o, struct buf *out,
		 struct err *e)
{
	struct html h = {.r = r, .a = arena_new(), .out = out};
	bool automatic = !o || !o->lang || strcmp(o->lang, "auto") == 0;
	int ret = page(&h, writer_chinese(o), automatic);
	h.a = arena_free(h.a);
	if (ret < 0 || out->failed)
		return err_set(e, ERR_SYSTEM, "out of memory while writing the page");
	return 0;
}

const struct writer writer_html = {
	.name = "html",
	.file = "report.html",
	.summary = "one page with tables and plots, for people; needs no network",
	.write = write,
};
