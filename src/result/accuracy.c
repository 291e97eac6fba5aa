/* src/result/accuracy.c - what the rates of an accuracy comparison count, in words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "result/result.h"

enum kind { TRANSCRIPTS, GRADED, ANSWERS };	/* graded: an answer may be partly right */

static const struct {
	const char *name;
	enum kind kind;
} metrics[] = {
	{"wer", TRANSCRIPTS}, {"cer", TRANSCRIPTS}, {"mixed", TRANSCRIPTS},
	{"keyword", ANSWERS}, {"all", ANSWERS}, {"regex", ANSWERS}, {"exact", ANSWERS},
	{"relaxed", ANSWERS}, {"anls", GRADED}, {"chrf", GRADED}, {"rouge_l", GRADED},
	{"characters", GRADED},
};

const char *accuracy_name(size_t i)
{
	return i < ARRAY_LEN(metrics) ? metrics[i].name : NULL;
}

static enum kind kind_of(const char *metric)
{
	for (size_t i = 0; metric && i < ARRAY_LEN(metrics); i++)
		if (strcmp(metrics[i].name, metric) == 0)
			return metrics[i].kind;
	return ANSWERS;
}

bool accuracy_of_transcripts(const char *metric)
{
	return kind_of(metric) == TRANSCRIPTS;
}

bool accuracy_of_answers(const char *metric)
{
	return kind_of(metric) == ANSWERS;
}

const char *accuracy_title(const char *metric, struct arena *a, bool zh)
{
	if (!metric)
		return "";
	if (kind_of(metric) == TRANSCRIPTS)
		return metric;
	if (kind_of(metric) == GRADED)
		return arena_fmt(a, "1 − %s", metric);
	return arena_fmt(a, zh ? "答错(%s)" : "wrong (%s)", metric);
}

const char *accuracy_rule(const char *metric, bool zh)
{
	static const char *const answers[][2] = {
		[GRADED] = {"1 − mean score; a score of 1 is a right answer",
			    "1 − 得分均值;得分 1 为完全正确"},
		[ANSWERS] = {"answers judged wrong / questions with a known answer",
			     "判错的回答数 / 有标准答案的问题数"},
	};
	if (kind_of(metric) != TRANSCRIPTS)
		return answers[kind_of(metric)][zh];
	if (strcmp(metric, "wer") == 0)
		return zh ? "(替换 + 删除 + 插入) / 标准文本词数"
			  : "(substitutions + deletions + insertions) / words of the truth";
	if (strcmp(metric, "cer") == 0)
		return zh ? "(替换 + 删除 + 插入) / 标准文本字数"
			  : "(substitutions + deletions + insertions) / characters of the truth";
	return zh ? "(替换 + 删除 + 插入) / 标准文本的汉字数与其他词数之和"
		  : "(substitutions + deletions + insertions) / (Han characters + other words) of "
		    "the truth";
}
