/* workers/vision/talk.c - see talk.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "talk.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "question.h"
#include "words.h"

#define COUNT_MAX 100000

/* The rest of text behind the longest of these beginnings; NULL: none fits. */
static const char *behind(const char *text, const char *const *starts)
{
	size_t best = 0;
	for (size_t i = 0; starts[i]; i++) {
		if (strncasecmp(text, starts[i], strlen(starts[i])) == 0)
			best = MAX(best, strlen(starts[i]));
	}
	return best ? text + best : NULL;
}

static const char *skip_all(const char *text, const char *const *starts)
{
	for (const char *next; (next = behind(text, starts));)
		text = next;
	return text;
}

/* "Repeat: X": X as it stands. NULL: nothing is to be repeated. */
static const char *find_repeat(const char *text, struct arena *a)
{
	static const char *const polite[] = {"please ", "can you ", "could you ", " ", "\n", "now ",
					     "请你", "请", NULL};
	static const char *const verbs[] = {
		"repeat after me", "repeat", "echo", "say", "reply with", "respond with",
		"answer with", "output", "write exactly", "print", "重复", "复述", "跟我说", "说：",
		"说:", "说“", "说\"", "输出", NULL,
	};
	static const char *const fillers[] = {
		":", "：", " ", "\n", "exactly ", "exactly:", "only ", "just ", "the following ",
		"the following:", "this ", "the sentence", "the words", "the word", "sentence",
		"text:", "back", "verbatim", "to me", "以下内容", "一遍", "这句话", "下面的话",
		"，", NULL,
	};
	static const char *const no[] = {"one word", "a ", "an ", "in ", "yes or no", "your ",
					 "something", "anything", "what", "why", "how", NULL};
	const char *start = skip_all(text, polite);
	const char *rest = behind(start, verbs);
	if (!rest || (rest[0] >= 'a' && rest[0] <= 'z') || behind(rest, no))
		return NULL;
	if (str_starts(start, "说“") || str_starts(start, "说\""))
		rest = start + strlen("说");
	rest = skip_all(rest, fillers);
	const char *quoted = question_quoted(rest, a);
	bool at_once = quoted && (strchr("\"'`", rest[0]) || (unsigned char)rest[0] >= 0xe2) &&
		       strstr(rest, quoted) && strstr(rest, quoted) - rest <= 3;
	if (at_once)
		return quoted;
	struct span s = span_trim(span_of(rest));
	if (!s.len || behind(rest, no))
		return NULL;
	return arena_strn(a, s.data, s.len);
}

static const char *number_in(const char *p, long *ret)
{
	while (*p && (*p < '0' || *p > '9'))
		p++;
	if (!*p)
		return NULL;
	char *end;
	*ret = strtol(p, &end, 10);
	return end;
}

/* "count to 20", "count from 3 to 9", "从1数到10". */
static bool count(struct voice *v, const char *low)
{
	static const char *const asks[] = {
		"count to", "count up to", "count from", "count down", "numbers from", "数到",
		"从", NULL,
	};
	const char *at = words_find(low, asks, NULL);
	long from = 1, to = 0;
	if (!at || (str_starts(at, "从") && !strstr(at, "数到")))
		return false;
	const char *rest = number_in(at, &to);
	long second;
	if (rest && number_in(rest, &second)) {
		from = to;
		to = second;
	} else if (rest && strstr(low, "count down")) {
		from = to;
		to = 1;
	}
	if (!rest || labs(to - from) >= COUNT_MAX || from > COUNT_MAX * 10L)
		return false;
	for (long i = from; voice_open(v); i += from <= to ? 1 : -1) {
		char text[32];
		(void)snprintf(text, sizeof(text), "%s%ld%s", i == from ? "" : " ", i,
			       i == to ? "" : ",");
		voice_say(v, text);
		if (i == to)
			break;
	}
	return true;
}

bool talk_repeat(struct voice *v, const char *text, struct arena *a)
{
	if (count(v, words_lower(a, text)))
		return true;
	const char *repeat = find_repeat(text, a);
	if (repeat)
		voice_say(v, repeat);
	return repeat != NULL;
}

static const struct {
	const char *words[10];
	const char *en, *zh;
} phrases[] = {
	{{"who are you", "what are you", "your name", "which model", "你是谁", "你叫什么",
	  "你是什么"},
	 "I am %s, a small vision program: I read text, name colors and simple shapes, read "
	 "charts, compare images and follow motion.",
	 "我是%s，一个小型视觉程序：我能识别文字、颜色、简单图形和图表，比较图片并跟踪运动。"},
	{{"what can you do", "help me", "your abilities", "capabilities", "你能做什么", "你会什么"},
	 "I am %s. Send me images: I can read their text, name colors and shapes, count them, tell "
	 "the trend of a chart, compare images and tell what moves over frames.",
	 "我是%s。请发送图片：我可以识别文字、颜色和图形，数数量，说明图表趋势，比较图片，并说明画面的运动。"},
	{{"hello", "hi", "hey", "good morning", "good evening", "你好", "您好"},
	 "Hello, I am %s. How can I help you?", "你好，我是%s。有什么可以帮你？"},
	{{"thank", "谢谢"}, "You are welcome, says %s.", "不客气，%s随时为你服务。"},
};

bool talk_answer(struct voice *v, const struct strings *said, const struct style *style,
		 struct arena *a)
{
	const char *low = words_lower(a, said->items[said->n - 1]);
	const char *sum = sum_answer(low, a);
	if (sum) {
		voice_tell(v, "%s.", "%s。", sum);
		return true;
	}
	for (size_t i = 0; i < 2; i++) {
		if (words_has(low, phrases[i].words)) {
			voice_tell(v, phrases[i].en, phrases[i].zh,
				   style->name ? style->name : "assay-vision");
			return true;
		}
	}
	if (memory_answer(v, said, a))
		return true;
	for (size_t i = 2; i < ARRAY_LEN(phrases); i++) {
		if (words_has(low, phrases[i].words)) {
			voice_tell(v, phrases[i].en, phrases[i].zh,
				   style->name ? style->name : "assay-vision");
			return true;
		}
	}
	return false;
}

void talk_unknown(struct voice *v)
{
	voice_tell(v, "I do not know the answer: I only read text, name colors and simple shapes, "
		   "read charts, compare images and follow motion.",
		   "我不知道答案：我只能识别文字、颜色、简单图形和图表，比较图片并跟踪运动。");
}

/* The word or quoted text that follows one of these. */
static const char *word_after(const char *text, const char *low, const char *const *marks,
			      struct arena *a)
{
	static const char *const fillers[] = {" ", ":", "：", "the word ", "the words ", "word ",
					      "the phrase ", "exactly ", "only ", "with ", "单词",
					      NULL};
	static const char *const stops[] = {"。", "，", "结尾", "结束", "开头"};
	const char *end;
	if (!words_find(low, marks, &end))
		return NULL;
	const char *rest = skip_all(text + (end - low), fillers);
	const char *quoted = question_quoted(rest, a);
	if (quoted && strstr(rest, quoted) - rest <= 3)
		return quoted;
	size_t len = strcspn(rest, " .,;!\n\"'");
	for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
		const char *found = strstr(rest, stops[i]);
		if (found && (size_t)(found - rest) < len)
			len = (size_t)(found - rest);
	}
	return len ? arena_strn(a, rest, len) : NULL;
}

void style_read(const char *text, struct arena *a, struct style *s)
{
	static const char *const end_marks[] = {
		"end every answer with", "end each answer with", "end all answers with",
		"end your answer with", "end your answers with", "end your reply with",
		"end every reply with", "end every response with", "end your response with",
		"end each response with", "end with", "finish with", "finish every answer with",
		"finish your answer with", "ending with", NULL,
	};
	static const char *const zh_marks[] = {"以", NULL};
	static const char *const begin_marks[] = {
		"begin every answer with", "begin your answer with", "start every answer with",
		"start your answer with", "begin every reply with", "start every reply with",
		"begin with", "start with", "start every response with",
		"begin every response with", "start each answer with", "begin each answer with",
		NULL,
	};
	static const char *const always_marks[] = {
		"always answer with", "always reply with", "always respond with", "always say",
		"only answer with", "only reply with", NULL,
	};
	static const char *const name_marks[] = {"your name is", "you are called",
						 "you are named", "你叫", "你的名字是", NULL};
	static const char *const upper[] = {"upper case", "uppercase", "capital letters",
					    "all caps", "大写", NULL};
	static const char *const lower[] = {"lower case", "lowercase", "small letters", "小写",
					    NULL};
	static const char *const chinese[] = {"in chinese", "用中文", "使用中文", "说中文", NULL};
	static const char *const english[] = {"in english", "用英文", "用英语", "使用英", NULL};
	const char *low = words_lower(a, text);
	const char *word;
	if ((word = word_after(text, low, end_marks, a)))
		s->end = word;
	else if (strstr(low, "结尾") && (word = word_after(text, low, zh_marks, a)))
		s->end = word;
	if ((word = word_after(text, low, begin_marks, a)))
		s->begin = word;
	if ((word = word_after(text, low, always_marks, a)))
		s->always = word;
	if ((word = word_after(text, low, name_marks, a)))
		s->name = word;
	s->upper |= words_has(low, upper);
	s->lower |= words_has(low, lower);
	s->chinese |= words_has(low, chinese);
	s->english |= words_has(low, english);
}
