/* src/report/html_accuracy.c - accuracy against the reference, and the pairs of texts.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "base/util.h"
#include "report/grid.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "result/format.h"

#define PAIRS_MAX 100	/* shown of one comparison, the worst first; result.json has all */

static void share_cell(struct buf *out, double share)
{
	char text[FORMAT_MAX];
	format_percent(text, sizeof(text), share);
	html_tag(out, "td", "num", *text ? text : "–");
}

static void accuracy_row(const struct html *h, const struct accuracy_result *x)
{
	struct buf *out = h->out;
	enum verdict v = accuracy_verdict(x);
	(void)buf_fmt(out, "<tr class=\"%s\">", verdict_name(v));
	html_tag(out, "th", "name", x->service);
	(void)buf_str(out, "<td>");
	html_text(out, x->metric);
	html_tag(out, "small", NULL, x->normalizer);
	(void)buf_fmt(out, "</td><td class=\"num\">%llu</td>", (unsigned long long)x->utterances);
	share_cell(out, x->candidate_rate);
	share_cell(out, x->reference_rate);
	html_tag(out, "td", "num", isnan(x->difference) ? "–"
		 : arena_fmt(h->a, "%+.2f pp", x->difference * 100));
	html_tag(out, "td", "num", isnan(x->interval_lo) ? "–"
		 : arena_fmt(h->a, "%+.2f … %+.2f", x->interval_lo * 100, x->interval_hi * 100));
	html_tag(out, "td", "num", isnan(x->gate) ? "–" : arena_fmt(h->a, "±%g pp", x->gate * 100));
	share_cell(out, x->floor);
	(void)buf_str(out, "<td>");
	(void)buf_fmt(out, "<span class=\"v %s\"><i>%s</i> ", verdict_name(v), verdict_sign(v));
	html_both(out, html_alignment(x->verdict, false), html_alignment(x->verdict, true));
	(void)buf_str(out, "</span>");
	if (x->needed > 0) {
		(void)buf_str(out, " <span class=\"why\">");
		html_both(out, arena_fmt(h->a, "%llu would decide", (unsigned long long)x->needed),
			  arena_fmt(h->a, "约需 %llu 条", (unsigned long long)x->needed));
		(void)buf_str(out, "</span>");
	}
	if (x->units > 0)
		html_tag(out, "small", NULL, arena_fmt(h->a, "S %llu  D %llu  I %llu / %llu",
			 (unsigned long long)x->substitutions, (unsigned long long)x->deletions,
			 (unsigned long long)x->insertions, (unsigned long long)x->units));
	if (x->missing.n > 0)
		html_tag(out, "small", NULL, arena_fmt(h->a, "missing: %zu", x->missing.n));
	html_tag(out, "small", NULL, x->note);
	(void)buf_str(out, "</td></tr>");
}

static int by_rate(const void *a, const void *b)
{
	double x = (*(const struct accuracy_pair *const *)a)->candidate_rate;
	double y = (*(const struct accuracy_pair *const *)b)->candidate_rate;
	return isnan(x) ? (isnan(y) ? 0 : 1) : isnan(y) ? -1 : (x < y) - (x > y);
}

static bool transcripts(const struct accuracy_result *x)
{
	static const char *const metrics[] = {"wer", "cer", "mixed"};
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		if (x->metric && strcmp(x->metric, metrics[i]) == 0)
			return true;
	return false;
}

/* Bytes that both begin with, up to the start of a word or, in Chinese, of a character. */
static size_t common(const char *a, const char *b)
{
	size_t n = 0, word;
	while (a[n] && a[n] == b[n])
		n++;
	if (!a[n] && !b[n])
		return n;
	while (n > 0 && ((unsigned char)a[n] & 0xC0) == 0x80)
		n--;
	for (word = n; word > 0 && a[word - 1] != ' ' && (unsigned char)a[word - 1] < 0x80;)
		word--;
	return word;
}

/* The answer, with what follows its first difference from the other marked. */
static void answer(const struct html *h, const char *class, const char *text, const char *other)
{
	struct buf *out = h->out;
	size_t same = text && other ? common(text, other) : text ? strlen(text) : 0;
	(void)buf_fmt(out, "<p class=\"%s\">", class);
	html_text(out, text ? arena_strn(h->a, text, same) : "");
	if (text && other && (text[same] || other[same]))
		html_tag(out, "mark", NULL, text[same] ? text + same : "∅");
	(void)buf_str(out, "</p>");
}

static void answer_pair(const struct html *h, const struct accuracy_pair *p)
{
	const char *a = p->candidate_text, *b = p->reference_text;
	html_tag(h->out, "p", "truth", p->reference);
	answer(h, "answer", a, b);
	if (b)
		answer(h, "answer reference", b, a);
	if (!a || !b)
		return;
	size_t at = common(a, b), characters = 0;
	if (!a[at] && !b[at])
		return;
	for (size_t i = 0; i < at; i++)
		characters += ((unsigned char)a[i] & 0xC0) != 0x80;
	(void)buf_str(h->out, "<p class=\"why\">");
	html_both(h->out, arena_fmt(h->a, "they part at character %zu", characters + 1),
		  arena_fmt(h->a, "从第 %zu 个字符开始不同", characters + 1));
	(void)buf_str(h->out, "</p>");
}

static void transcript_pair(const struct html *h, const struct accuracy_pair *p)
{
	html_tag(h->out, "p", "truth", p->reference);
	html_tag(h->out, "p", "heard", p->candidate_text);
	if (p->reference_text)
		html_tag(h->out, "p", "heard reference", p->reference_text);
}

/* What the colours say. */
static void legend(const struct html *h, bool speech)
{
	struct buf *out = h->out;
	(void)buf_str(out, "<p class=\"note pair\">");
	if (speech) {
		html_both(out, "First line: the truth; then the candidate, then the reference. ",
			  "第一行为标准文本,其后依次为被测服务和参考服务。");
		html_tag(out, "del", NULL, "deleted");
		(void)buf_str(out, " ");
		html_tag(out, "ins", NULL, "inserted");
		(void)buf_str(out, " ");
		html_tag(out, "mark", NULL, "substituted");
	} else {
		html_both(out, "First line: what must be said; then the candidate's answer, then "
			  "that of the reference. Marked: from their first difference on.",
			  "第一行为应含内容,其后依次为被测服务和参考服务的回答;自首个不同处起标出。");
	}
	(void)buf_str(out, "</p>");
}

static void pairs(const struct html *h, const struct accuracy_result *x)
{
	struct buf *out = h->out;
	if (x->n_pairs == 0)
		return;
	const struct accuracy_pair **sorted = arena_array(h->a, x->n_pairs, sizeof(*sorted));
	for (size_t i = 0; i < x->n_pairs; i++)
		sorted[i] = &x->pairs[i];
	qsort(sorted, x->n_pairs, sizeof(*sorted), by_rate);
	size_t n = MIN(x->n_pairs, (size_t)PAIRS_MAX);
	(void)buf_str(out, "<details class=\"pairs\"><summary>");
	html_both(out,
		  arena_fmt(h->a, "%s %s: %zu of %zu pairs, the worst first", x->service, x->metric,
			    n, x->n_pairs),
		  arena_fmt(h->a, "%s %s: %zu 对(共 %zu 对),最差在前", x->service, x->metric, n,
			    x->n_pairs));
	(void)buf_str(out, "</summary>");
	legend(h, transcripts(x));
	(void)buf_str(out, "<div class=\"wide\"><table><thead><tr>");
	html_head(out, NULL, "id", "编号");
	html_head(out, "num", "rate", "错误率");
	html_head(out, NULL, "truth, candidate, reference service", "标准答案, 被测服务, 参考服务");
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < n; i++) {
		const struct accuracy_pair *p = sorted[i];
		(void)buf_str(out, "<tr class=\"pair\">");
		html_tag(out, "th", "name", p->id);
		share_cell(out, p->candidate_rate);
		(void)buf_str(out, "<td>");
		if (transcripts(x))
			transcript_pair(h, p);
		else
			answer_pair(h, p);
		(void)buf_str(out, "</td></tr>");
	}
	(void)buf_str(out, "</tbody></table></div></details>");
}

void html_accuracy(const struct html *h)
{
	struct buf *out = h->out;
	const struct result *r = h->r;
	if (r->n_accuracy == 0)
		return;
	(void)buf_str(out, "<section id=\"accuracy\"><h2>");
	html_both(out, "Accuracy against the reference", "与参考服务的精度对比");
	(void)buf_str(out, "</h2><div class=\"wide\"><table><thead><tr>");
	html_head(out, NULL, "service", "服务");
	html_head(out, NULL, "metric", "指标");
	html_head(out, "num", "n", "样本数");
	html_head(out, "num", "candidate", "被测");
	html_head(out, "num", "reference", "参考");
	html_head(out, "num", "difference", "差值");
	html_head(out, "num", "95 % interval", "95% 置信区间");
	html_head(out, "num", "gate", "门限");
	html_head(out, "num", "floor", "重复误差");
	html_head(out, NULL, "verdict", "结论");
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < r->n_accuracy; i++)
		accuracy_row(h, &r->accuracy[i]);
	(void)buf_str(out, "</tbody></table></div>");
	for (size_t i = 0; i < r->n_accuracy; i++)
		pairs(h, &r->accuracy[i]);
	(void)buf_str(out, "</section>\n");
}
