/* src/report/html_accuracy.c - accuracy against the reference, and the pairs of texts.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/util.h"
#include "report/grid.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "report/wording.h"
#include "result/chinese.h"

#define PAIRS_MAX 100	/* shown of one comparison, the worst first; result.json has all */

static void rate_cell(const struct html *h, double rate)
{
	html_cell(h->out, "num", isnan(rate) ? NULL : metric_text(h->a, "error_rate", rate));
}

/* What the rate is made of: edits of transcripts, or answers. */
static const char *counts(const struct html *h, const struct accuracy_result *x, bool zh)
{
	unsigned long long units = (unsigned long long)x->units;
	if (accuracy_of_transcripts(x->metric))
		return arena_fmt(h->a, zh ? "替换 %llu,删除 %llu,插入 %llu,共 %llu"
					  : "S %llu, D %llu, I %llu of %llu",
				 (unsigned long long)x->substitutions,
				 (unsigned long long)x->deletions,
				 (unsigned long long)x->insertions, units);
	return zh ? arena_fmt(h->a, "判定了 %llu 个回答", units)
		  : arena_fmt(h->a, "%llu answer%s judged", units, str_plural(units));
}

static void accuracy_row(const struct html *h, const struct accuracy_result *x)
{
	struct buf *out = h->out;
	struct accuracy_words w;
	enum verdict v = accuracy_verdict(x);
	accuracy_words(x, h->a, &w);
	(void)buf_fmt(out, "<tr class=\"%s\">", verdict_name(v));
	html_tag(out, "th", "name", x->service);
	(void)buf_str(out, "<td>");
	html_both(out, w.what, w.what_zh);
	html_tag(out, "small", NULL, x->normalizer);
	(void)buf_fmt(out, "</td><td class=\"num\">%llu</td>", (unsigned long long)x->utterances);
	html_cell(out, "num", w.candidate);
	html_cell(out, "num", w.reference);
	html_cell(out, "num", w.difference);
	html_cell(out, "num", w.interval);
	html_cell(out, "num", w.gate);
	html_cell(out, "num", w.floor);
	(void)buf_str(out, "<td>");
	html_verdict_words(out, v, w.verdict, w.verdict_zh);
	if (x->units > 0) {
		(void)buf_str(out, "<small>");
		html_both(out, counts(h, x, false), counts(h, x, true));
		(void)buf_str(out, "</small>");
	}
	if (x->missing.n > 0) {
		(void)buf_str(out, "<small>");
		html_both(out, arena_fmt(h->a, "missing: %zu", x->missing.n),
			  arena_fmt(h->a, "缺少 %zu 条", x->missing.n));
		(void)buf_str(out, "</small>");
	}
	if (x->note)
		html_tag_both(out, "small", NULL, x->note, in_chinese(x->note, h->a));
	(void)buf_str(out, "</td></tr>\n");
}

static int by_rate(const void *a, const void *b)
{
	double x = (*(const struct accuracy_pair *const *)a)->candidate_rate;
	double y = (*(const struct accuracy_pair *const *)b)->candidate_rate;
	return isnan(x) ? (isnan(y) ? 0 : 1) : isnan(y) ? -1 : (x < y) - (x > y);
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
		html_tag_both(out, "del", NULL, "deleted", "删除");
		(void)buf_str(out, " ");
		html_tag_both(out, "ins", NULL, "inserted", "插入");
		(void)buf_str(out, " ");
		html_tag_both(out, "mark", NULL, "substituted", "替换");
	} else {
		html_both(out, "First line: what must be said; then the candidate's answer, then "
			  "that of the reference. Marked: from their first difference on.",
			  "第一行为应含内容,其后依次为被测服务和参考服务的回答;自首个不同处起标出。");
	}
	(void)buf_str(out, "</p>");
}

static void pairs(const struct html *h, const struct accuracy_result *x)
{
	static const struct html_column heads[] = {
		{NULL, "id", "编号"}, {"num", "wrong", "错误率"},
		{NULL, "truth, candidate, reference service", "标准答案, 被测服务, 参考服务"}, {0}};
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
		  arena_fmt(h->a, "%s %s: %zu of %zu pair%s, the worst first", x->service,
			    accuracy_title(x->metric, h->a, false), n, x->n_pairs,
			    str_plural(x->n_pairs)),
		  arena_fmt(h->a, "%s %s: %zu 对(共 %zu 对),最差在前", x->service,
			    accuracy_title(x->metric, h->a, true), n, x->n_pairs));
	(void)buf_str(out, "</summary>");
	legend(h, accuracy_of_transcripts(x->metric));
	html_table(out, NULL, heads);
	for (size_t i = 0; i < n; i++) {
		const struct accuracy_pair *p = sorted[i];
		(void)buf_str(out, "<tr class=\"pair\">");
		html_tag(out, "th", "name", p->id);
		rate_cell(h, p->candidate_rate);
		(void)buf_str(out, "<td>");
		if (accuracy_of_transcripts(x->metric))
			transcript_pair(h, p);
		else
			answer_pair(h, p);
		(void)buf_str(out, "</td></tr>");
	}
	html_table_end(out);
	(void)buf_str(out, "</details>");
}

void html_accuracy(const struct html *h)
{
	static const struct html_column heads[] = {
		{NULL, "service", "服务"}, {NULL, "metric", "指标"}, {"num", "n", "样本数"},
		{"num", "candidate", "被测"}, {"num", "reference", "参考"},
		{"num", "difference", "差值"}, {"num", "95 % interval", "95% 置信区间"},
		{"num", "gate", "门限"}, {"num", "floor", "重复误差"}, {NULL, "verdict", "结论"},
		{0}};
	struct buf *out = h->out;
	const struct result *r = h->r;
	if (r->n_accuracy == 0)
		return;
	(void)buf_str(out, "<section id=\"accuracy\"><h2>");
	html_both(out, "Accuracy against the reference", "与参考服务的精度对比");
	(void)buf_str(out, "</h2>");
	html_table(out, "accuracy", heads);
	for (size_t i = 0; i < r->n_accuracy; i++)
		accuracy_row(h, &r->accuracy[i]);
	html_table_end(out);
	for (size_t i = 0; i < r->n_accuracy; i++)
		pairs(h, &r->accuracy[i]);
	(void)buf_str(out, "</section>\n");
}
