/* src/suite/sentences.c - sentences from a seed, out of everyday words. check-style: table
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/util.h"
#include "suite/samples.h"

/* Patterns: % followed by a letter takes a word of that list. All are plain statements, so that
 * any speech service can say and read them without names or abbreviations. */
static const char *const patterns_en[] = {
	"the %a %n %v the %a %n near the %p",     "%t the %a %n %v %d %m in the %p",
	"we %w %d %m before the %a %n %v the %p", "my %f %w the %a %n and %d %m",
	"there are %d %m on the %a %n in the %p", "please bring %d %m to the %p %t",
	"the %a %n was %w by my %f %t",           "%d %m and one %a %n %v the %p",
};
static const char *const adjectives[] = {"old",    "small",  "green", "heavy",  "quiet",
					 "yellow", "strong", "empty", "young",  "golden",
					 "narrow", "bright", "cold",  "simple", "gentle"};
static const char *const nouns[] = {"horse",  "doctor",  "river",   "teacher", "garden",
				    "engine", "farmer",  "window",  "captain", "mountain",
				    "letter", "painter", "machine", "soldier", "bridge"};
static const char *const verbs[] = {"crossed", "followed", "remembered", "opened", "passed",
				    "carried", "reached",  "watched",    "found",  "left"};
static const char *const past[] = {"found",   "sold",   "painted",  "counted",
				   "carried", "wanted", "received", "finished"};
static const char *const places[] = {"village", "station", "kitchen", "library", "market",
				     "harbor",  "valley",  "forest",  "school",  "hospital"};
static const char *const things[] = {"apples",  "books",    "chairs",  "stones",  "flowers",
				     "bottles", "pictures", "candles", "letters", "horses"};
static const char *const times[] = {"yesterday", "in the morning", "last summer",   "at night",
				    "on monday", "in the evening", "this afternoon"};
static const char *const family[] = {"brother", "sister", "father", "mother", "uncle", "friend"};
static const char *const digits_en[] = {"two",   "three", "four", "five",   "six",    "seven",
					"eight", "nine",  "ten",  "eleven", "twelve", "twenty"};

static const char *const patterns_zh[] = {
	"%t%f在%p买了%d个%m", "%p里有%d个%m和一个%a的%n", "%a的%n%t去了%p",
	"%f说%t要去%p看%n",   "我们%t在%p看见了%d个%m",   "请把%d个%m放在%p里",
};
static const char *const adjectives_zh[] = {"年轻", "安静", "聪明", "美丽", "勇敢", "高大"};
static const char *const nouns_zh[] = {"老师", "医生", "朋友", "学生", "司机", "工人"};
static const char *const places_zh[] = {"学校", "公园", "医院", "商店", "车站", "图书馆", "厨房"};
static const char *const things_zh[] = {"苹果", "杯子", "盒子", "西瓜", "面包", "书包"};
static const char *const times_zh[] = {"今天", "昨天", "早上", "晚上", "星期一", "下午"};
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
	LIST('a', adjectives), LIST('n', nouns),
	LIST('v', verbs),      LIST('w', past),
	LIST('p', places),     LIST('m', things),
	LIST('t', times),      LIST('f', family),
	LIST('d', digits_en),  {0},
};
static const struct list lists_zh[] = {
	LIST('a', adjectives_zh), LIST('n', nouns_zh),  LIST('p', places_zh), LIST('m', things_zh),
	LIST('t', times_zh),      LIST('f', family_zh), LIST('d', digits_zh), {0},
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
