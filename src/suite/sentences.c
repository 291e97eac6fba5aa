/* src/suite/sentences.c - sentences from a seed, out of everyday words. check-style: table
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/util.h"
#include "suite/samples.h"

/* Patterns: % followed by a letter takes a word of that list. All are plain statements in which
 * what is done fits to what it is done with, so that people and language models find them
 * ordinary, and any speech service can say and read them without names or abbreviations. */
static const char *const patterns_en[] = {
	"%s %o the %a %b %t",		  "%s %w a %l %r about the %b",
	"%s %k a %c %g for %e hundred dollars", "there were %d people in the %a %b %t",
	"%t %s %o the %a %b",		  "%s said that the %b would open in %d days",
	"the %a %b is %d miles from the %p", "%s has worked in the %b for %d years",
};
static const char *const subjects[] = {"the government", "the president", "the company",
				       "the teacher",	 "the doctor",	  "the minister",
				       "my father",	 "my mother",	  "the children",
				       "the police",	 "the students",  "my brother"};
static const char *const adjectives[] = {"local", "old", "small", "large", "national", "public"};
static const char *const buildings[] = {"office",  "hospital", "library", "theater", "museum",
					"station", "factory",  "airport", "market", "university"};
static const char *const places[] = {"city", "river", "village", "mountain", "capital", "ocean"};
static const char *const opened[] = {"described", "visited", "left", "entered", "supported",
					 "remembered"};
static const char *const wrote[] = {"wrote", "published", "finished", "received", "presented"};
static const char *const lengths[] = {"long", "short", "second", "detailed", "different"};
static const char *const texts[] = {"letter", "report", "message", "story", "article", "statement"};
static const char *const traded[] = {"bought", "found", "needed", "received"};
static const char *const looks[] = {"black", "white", "better", "second", "modern", "different"};
static const char *const goods[] = {"car", "computer", "house", "telephone", "camera", "machine"};
static const char *const times[] = {"yesterday",     "this morning",   "last year",
				    "on monday",     "last week",      "in the evening",
				    "last december", "this afternoon", "on saturday"};
static const char *const small_en[] = {"two", "three", "four", "five", "six", "seven", "eight"};
static const char *const digits_en[] = {"two",	 "three", "four", "five",    "six",    "seven",
					"eight", "nine",  "ten",  "twenty", "thirty", "fifty"};

static const char *const patterns_zh[] = {
	"%t%f在%p买了%d个%m", "%p里有%d个%m和一个%a的%n", "%a的%n%t去了%p",
	"%f说%u要去%p看%n",   "我们%t在%p看见了%d个%m",   "请把%d个%m放在%p里",
};
static const char *const adjectives_zh[] = {"年轻", "安静", "聪明", "美丽", "勇敢", "高大"};
static const char *const nouns_zh[] = {"老师", "医生", "朋友", "学生", "司机", "工人"};
static const char *const places_zh[] = {"学校", "公园", "医院", "商店", "车站", "图书馆", "厨房"};
static const char *const things_zh[] = {"苹果", "杯子", "盒子", "西瓜", "面包", "书包"};
static const char *const times_zh[] = {"今天", "昨天", "早上", "昨天晚上", "星期一", "上个月"};
static const char *const later_zh[] = {"明天", "下午", "晚上", "后天", "下个星期", "明年"};
static const char *const family_zh[] = {"爸爸", "妈妈", "哥哥", "姐姐", "爷爷", "奶奶"};
static const char *const digits_zh[] = {"两", "三", "四", "五", "六", "七", "八", "九", "十"};

struct list {
	char letter;
	const char *const *words;
	size_t n;
};

#define LIST(letter, words)                                                                        \
	{                                                                                          \
		letter, words, ARRAY_LEN(words)                                                    \
	}

static const struct list lists_en[] = {
	LIST('s', subjects), LIST('a', adjectives), LIST('b', buildings), LIST('p', places),
	LIST('o', opened),   LIST('w', wrote),      LIST('l', lengths),   LIST('r', texts),
	LIST('k', traded),   LIST('c', looks),      LIST('g', goods),     LIST('t', times),
	LIST('d', digits_en), LIST('e', small_en),  {0},
};
static const struct list lists_zh[] = {
	LIST('a', adjectives_zh), LIST('n', nouns_zh),   LIST('p', places_zh), LIST('m', things_zh),
	LIST('t', times_zh),      LIST('u', later_zh),   LIST('f', family_zh), LIST('d', digits_zh),
	{0},
};

static const char *pick(struct rng *r, const struct list *lists, char letter)
{
	for (const struct list *l = lists; l->words; l++)
		if (l->letter == letter)
			return l->words[rng_below(r, l->n)];
	return "";
}

/* Words, or Han characters: every lead byte of a character that is not ASCII counts. */
static int length_of(const char *text)
{
	int n = text[0] != '\0' && !((unsigned char)text[0] & 0x80);
	for (; *text; text++)
		n += *text == ' ' || ((unsigned char)*text & 0xc0) == 0xc0;
	return n;
}

const char *made_sentence(struct rng *r, const char *language, int words, struct arena *a)
{
	bool zh = language && language[0] == 'z' && language[1] == 'h';
	const struct list *lists = zh ? lists_zh : lists_en;
	CLEANUP(buf_release) struct buf out = BUF_INIT(65536);
	do {
		const char *p = zh ? patterns_zh[rng_below(r, ARRAY_LEN(patterns_zh))]
				   : patterns_en[rng_below(r, ARRAY_LEN(patterns_en))];
		if (out.len > 0)
			(void)buf_str(&out, zh ? "，" : " and ");
		for (; *p; p++) {
			if (*p == '%')
				(void)buf_str(&out, pick(r, lists, *++p));
			else
				(void)buf_char(&out, *p);
		}
	} while (length_of(out.data) < words);
	return arena_strn(a, out.data, out.len);
}
