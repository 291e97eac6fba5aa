/* src/text/chinese.c - Chinese: punctuation, spaces, fillers and 儿.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "text/rules.h"
#include "text/unicode.h"

/* Words in which 儿 is a syllable of its own. */
static const char *const with_er[] = {
	"儿子", "儿童", "儿女", "儿歌", "儿科", "儿媳", "儿孙", "女儿", "婴儿", "幼儿", "胎儿",
	"孤儿", "健儿", "少儿", "男儿", "孩儿", "宠儿", "产儿", "患儿", "托儿", "育儿",
};

static const char *const fillers[] = {"呃", "嗯", "啊", "唔", "额"};

static bool here(const char *text, size_t len, size_t i, const char *what)
{
	size_t n = strlen(what);
	return i <= len && len - i >= n && memcmp(text + i, what, n) == 0;
}

/* Does the 儿 at i only colour the sound of the character before it? */
static bool colours(const char *text, size_t len, size_t i)
{
	if (i < 3 || !here(text, len, i, "儿"))
		return false;
	for (size_t k = 0; k < ARRAY_LEN(with_er); k++)
		if (here(text, len, i, with_er[k]) || here(text, len, i - 3, with_er[k]))
			return false;
	size_t pos = i - 3;
	return unicode_is_han(unicode_next(text, len, &pos));
}

static bool left_out(const char *text, size_t len, size_t i,
		     const struct normalize_options *options)
{
	if (options->drop_erhua && colours(text, len, i))
		return true;
	for (size_t k = 0; options->drop_fillers && k < ARRAY_LEN(fillers); k++)
		if (here(text, len, i, fillers[k]))
			return true;
	return false;
}

static bool digit(int32_t c)
{
	return c >= '0' && c <= '9';
}

/* A mark that belongs to a number: 3.5, 50%. */
static bool of_number(const char *text, size_t len, size_t next, int32_t before, int32_t c)
{
	if (c == '%' || c == 0x2030)
		return digit(before);
	return c == '.' && digit(before) && next < len && digit(text[next]);
}

int chinese_characters(const char *text, size_t len, const struct normalize_options *options,
		       struct buf *out)
{
	int32_t before = 0;	/* the character put last */
	bool space = false;
	for (size_t pos = 0; pos < len;) {
		size_t i = pos;
		int32_t c = unicode_next(text, len, &pos);
		if (left_out(text, len, i, options))
			continue;
		if ((unicode_is_mark(c) || unicode_is_space(c)) &&
		    !of_number(text, len, pos, before, c)) {
			space = space || c != '\'';	/* don't: one word */
			continue;
		}
		bool edge = (digit(c) && before >= 'a' && before <= 'z') ||
			    (digit(before) && c >= 'a' && c <= 'z');
		if (before && (space || edge) && !unicode_is_cjk(before) && !unicode_is_cjk(c))
			(void)buf_char(out, ' ');
		(void)buf_add(out, text + i, pos - i);
		before = c;
		space = false;
	}
	return out->failed ? -1 : 0;
}
