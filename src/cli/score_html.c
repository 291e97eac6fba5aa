/* src/cli/score_html.c - a scored corpus as one HTML page, errors marked in place.
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/util.h"
#include "cli/score_output.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	"<title>assay score</title>\n<style>\n"
	"body{font:15px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}\n"
	"pre{white-space:pre-wrap}li{margin:.6em 0}.id{color:#666}\n"
	"del{background:#fdd;text-decoration:line-through}ins{background:#dfd;"
	"text-decoration:none}\n</style></head><body>\n<h1>assay score</h1>\n";

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

static void token(struct buf *out, struct tokens *t, size_t at, const char *tag)
{
	struct span s = tokens_text(t, tokens_ids(t)[at]);
	(void)buf_fmt(out, "<%s>", tag);
	escape(out, s.data, s.len);
	(void)buf_fmt(out, "</%s>", tag);
}

/* The alignment: what was said and not heard is struck out, what was heard instead follows. */
static int aligned(const struct scored *u, enum token_unit unit, struct tokens *t,
		   struct buf *out)
{
	size_t r, h, n;
	tokens_clear(t);
	if (tokens_add(t, unit, u->reference_form.data, u->reference_form.len, &r, &n, NULL) < 0 ||
	    tokens_add(t, unit, u->hypothesis_form.data, u->hypothesis_form.len, &h, &n, NULL) < 0)
		return -1;
	for (size_t k = 0; k < u->n_ops; k++) {
		enum align_op op = (enum align_op)u->ops[k];
		if (k > 0 && unit != TOKEN_CHARACTER)
			(void)buf_char(out, ' ');
		if (op == ALIGN_HIT)
			token(out, t, r, "span");
		if (op == ALIGN_SUBSTITUTION || op == ALIGN_DELETION)
			token(out, t, r, "del");
		if (op == ALIGN_SUBSTITUTION || op == ALIGN_INSERTION)
			token(out, t, h, "ins");
		r += op != ALIGN_INSERTION;
		h += op != ALIGN_DELETION;
	}
	return 0;
}

static void free_tokens(struct tokens **t)
{
	tokens_free(*t);
}

void score_html(const struct score_output *o, struct buf *out)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(free_tokens) struct tokens *t = NULL;
	struct score_output summary = *o;
	summary.pairs = false;
	score_text(&summary, &text);
	(void)buf_str(out, head);
	(void)buf_str(out, "<pre>");
	escape(out, text.data ? text.data : "", text.len);
	(void)buf_str(out, "</pre>\n<h2>Utterances with errors</h2>\n<ol>\n");
	if (tokens_new(&t, NULL) < 0) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < o->score->n; i++) {
		const struct scored *u = &o->score->items[i];
		if (align_errors(&u->counts) == 0)
			continue;
		(void)buf_str(out, "<li><span class=\"id\">");
		escape(out, u->reference->id, strlen(u->reference->id));
		(void)buf_fmt(out, "%s, %" PRIu64 " errors in %" PRIu64 "</span><br>\n",
			      u->hypothesis ? "" : " (missing)", align_errors(&u->counts),
			      align_reference(&u->counts));
		if (aligned(u, o->score->unit, t, out) < 0)
			out->failed = true;
		(void)buf_str(out, "</li>\n");
	}
	(void)buf_str(out, "</ol>\n</body></html>\n");
}
