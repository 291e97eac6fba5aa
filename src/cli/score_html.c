/* src/cli/score_html.c - a scored corpus as one HTML page, pairs aligned word by word in colour.
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>

#include "base/str.h"
#include "base/util.h"
#include "cli/score_output.h"

/* A page of more cannot be read, nor opened by most browsers. */
#define UTTERANCES_MAX 2000

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n<title>assay score</title>\n"
	"<style>\n"
	":root{color-scheme:light dark;--s:#ffe2a8;--d:#ffc9c9;--i:#c3ecc6;--line:#ddd;"
	"--dim:#666}\n"
	"@media(prefers-color-scheme:dark){:root{--s:#6b4e00;--d:#742323;--i:#1d5a27;"
	"--line:#444;--dim:#aaa}}\n"
	"body{font:15px/1.45 system-ui,sans-serif;max-width:76em;margin:2em auto;padding:0 1em}\n"
	"pre{white-space:pre-wrap;overflow-wrap:anywhere}\n"
	"table{border-collapse:collapse;margin:1em 0}th,td{border-bottom:1px solid var(--line);"
	"padding:.2em .8em;text-align:right}th:first-child,td:first-child{text-align:left}\n"
	"article{border-top:1px solid var(--line);padding:.7em 0}h3{font-size:1em;margin:0 0 .4em}"
	"h3 small{font-weight:400;color:var(--dim)}\n"
	".a{display:flex;flex-wrap:wrap;gap:.15em .3em;margin:.2em 0 .6em}.cer{gap:.15em 0}\n"
	".p{display:inline-grid;grid-template-rows:1.45em 1.45em;border-radius:3px}"
	".p span{padding:0 .15em;white-space:pre}\n"
	".s{background:var(--s)}.d{background:var(--d)}.i{background:var(--i)}"
	".d span:last-child::after,.i span:first-child::before{content:\"\\2217\";"
	"color:var(--dim)}\n"
	".k span{display:inline-block;padding:0 .5em;border-radius:3px;margin-right:.6em}\n"
	"</style></head><body>\n<h1>assay score</h1>\n";

static const char legend[] =
	"<p class=\"k\">The reference stands above, the hypothesis below, both in the form that "
	"was scored. <span class=\"s\">substitution</span><span class=\"d\">deletion</span>"
	"<span class=\"i\">insertion</span></p>\n";

static void escape(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '<':
			(void)buf_str(out, "&lt;");
			break;
		case '>':
			(void)buf_str(out, "&gt;");
			break;
		case '&':
			(void)buf_str(out, "&amp;");
			break;
		case '"':
			(void)buf_str(out, "&quot;");
			break;
		default:
			(void)buf_char(out, text[i]);
		}
	}
}

static void text_of(struct buf *out, const char *text)
{
	escape(out, text, strlen(text));
}

static void token(struct buf *out, struct tokens *t, bool there, size_t at)
{
	struct span s = there ? tokens_text(t, tokens_ids(t)[at]) : (struct span){"", 0};
	(void)buf_str(out, "<span>");
	escape(out, s.data, s.len);
	(void)buf_str(out, "</span>");
}

static const char *class_of(enum align_op op)
{
	switch (op) {
	case ALIGN_HIT:
		return "p";
	case ALIGN_SUBSTITUTION:
		return "p s";
	case ALIGN_DELETION:
		return "p d";
	case ALIGN_INSERTION:
		return "p i";
	}
	return "p";
}

/* One column per step of the alignment: what was said, and below it what was heard. */
static int aligned(const struct scored *u, enum token_unit unit, struct tokens *t,
		   struct buf *out)
{
	size_t r, h, n;
	tokens_clear(t);
	if (tokens_add(t, unit, u->reference_form.data, u->reference_form.len, &r, &n, NULL) < 0 ||
	    tokens_add(t, unit, u->hypothesis_form.data, u->hypothesis_form.len, &h, &n, NULL) < 0)
		return -1;
	(void)buf_fmt(out, "<div class=\"a%s\">", unit == TOKEN_CHARACTER ? " cer" : "");
	for (size_t k = 0; k < u->n_ops; k++) {
		enum align_op op = (enum align_op)u->ops[k];
		(void)buf_fmt(out, "<span class=\"%s\">", class_of(op));
		token(out, t, op != ALIGN_INSERTION, r);
		token(out, t, op != ALIGN_DELETION, h);
		(void)buf_str(out, "</span>");
		r += op != ALIGN_INSERTION;
		h += op != ALIGN_DELETION;
	}
	(void)buf_str(out, "</div>\n");
	return 0;
}

static void free_tokens(struct tokens **t)
{
	tokens_free(*t);
}

static void counts(const struct align_counts *c, struct buf *out)
{
	double rate = align_rate(c);
	(void)buf_str(out, "<td>");
	if (!isnan(rate))
		(void)buf_fmt(out, "%.2f %%", 100 * rate);
	(void)buf_fmt(out, "</td><td>%" PRIu64 "</td><td>%" PRIu64 "</td><td>%" PRIu64
		      "</td><td>%" PRIu64 "</td></tr>\n", align_reference(c), c->substitutions,
		      c->deletions, c->insertions);
}

static void groups(const char *what, const struct score_group *g, size_t n, struct buf *out)
{
	if (n == 0)
		return;
	(void)buf_fmt(out, "<table><tr><th>%s</th><th>utterances</th><th>rate</th><th>units</th>"
		      "<th>S</th><th>D</th><th>I</th></tr>\n", what);
	for (size_t i = 0; i < n; i++) {
		(void)buf_str(out, "<tr><td>");
		text_of(out, g[i].name);
		(void)buf_fmt(out, "</td><td>%zu</td>", g[i].utterances);
		counts(&g[i].counts, out);
	}
	(void)buf_str(out, "</table>\n");
}

static void heading(const struct scored *u, const char *which, struct buf *out)
{
	(void)buf_str(out, "<h3>");
	text_of(out, which ? which : u->reference->id);
	(void)buf_fmt(out, " <small>%s%" PRIu64 " errors in %" PRIu64,
		      u->hypothesis ? "" : "missing: ", align_errors(&u->counts),
		      align_reference(&u->counts));
	if (!which && u->reference->speaker) {
		(void)buf_str(out, ", speaker ");
		text_of(out, u->reference->speaker);
	}
	(void)buf_str(out, "</small></h3>\n");
}

static void utterances(const struct score_output *o, struct tokens *t, struct buf *out)
{
	const struct score *second = o->comparison ? o->comparison->score : NULL;
	size_t shown = 0, left = 0;
	for (size_t i = 0; i < o->score->n; i++) {
		const struct scored *u = &o->score->items[i];
		const struct scored *v = second ? &second->items[i] : NULL;
		if (align_errors(&u->counts) == 0 && (!v || align_errors(&v->counts) == 0))
			continue;
		left += shown >= UTTERANCES_MAX;
		if (shown >= UTTERANCES_MAX)
			continue;
		shown++;
		(void)buf_str(out, "<article>");
		heading(u, NULL, out);
		if (aligned(u, o->score->unit, t, out) < 0)
			out->failed = true;
		if (v)
			heading(v, "the second system", out);
		if (v && aligned(v, o->score->unit, t, out) < 0)
			out->failed = true;
		(void)buf_str(out, "</article>\n");
	}
	if (left > 0)
		(void)buf_fmt(out, "<p>Not shown: %zu more utterance%s with errors.</p>\n", left,
			      str_plural(left));
}

void score_html(const struct score_output *o, struct buf *out)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(free_tokens) struct tokens *t = NULL;
	struct score_output summary = *o;
	struct score plain = *o->score;
	summary.pairs = summary.files = false;
	summary.score = &plain;
	plain.n_speakers = 0;	/* they have a table */
	score_text(&summary, &text);
	(void)buf_str(out, head);
	(void)buf_str(out, "<pre>");
	escape(out, text.data ? text.data : "", text.len);
	(void)buf_str(out, "</pre>\n");
	groups("speaker", o->score->speakers, o->score->n_speakers, out);
	groups("file", o->score->files, o->score->n_files, out);
	(void)buf_str(out, "<h2>Utterances with errors</h2>\n");
	(void)buf_str(out, legend);
	if (tokens_new(&t, NULL) < 0)
		out->failed = true;
	else
		utterances(o, t, out);
	(void)buf_str(out, "</body></html>\n");
}
