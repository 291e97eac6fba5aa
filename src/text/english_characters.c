/* src/text/english_characters.c - English, first pass: characters.
 *
 * Leaves words of letters (apostrophes inside), numbers ("10", "2.5", "21st") and the marker
 * "$", "€" or "£" before an amount, with spaces between them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "text/rules.h"
#include "text/unicode.h"

struct pass {
	const char *text;
	size_t len;
	struct buf *out;
	size_t start;
};

static char byte_at(const struct pass *p, size_t i)
{
	return i < p->len ? p->text[i] : ' ';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static void space(struct pass *p)
{
	if (p->out->len > p->start && p->out->data[p->out->len - 1] != ' ')
		(void)buf_char(p->out, ' ');
}

static void word(struct pass *p, const char *text)
{
	space(p);
	(void)buf_str(p->out, text);
	(void)buf_char(p->out, ' ');
}

/* "1,234": a comma between a digit and exactly three more. */
static bool groups_digits(const struct pass *p, size_t i)
{
	return i > 0 && digit(p->text[i - 1]) && digit(byte_at(p, i + 1)) &&
	       digit(byte_at(p, i + 2)) && digit(byte_at(p, i + 3)) && !digit(byte_at(p, i + 4));
}

/* "u.s.a." "a.m.": a dot between single letters. */
static bool joins_letters(const struct pass *p, size_t i)
{
	return i > 0 && letter(p->text[i - 1]) && (i < 2 || !letter(p->text[i - 2])) &&
	       letter(byte_at(p, i + 1)) && !letter(byte_at(p, i + 2)) &&
	       byte_at(p, i + 2) != '\'';
}

/* "$2", "$ 2", "$.50": an amount follows. */
static bool amount_follows(const struct pass *p, size_t i)
{
	while (byte_at(p, i) == ' ' && i < p->len)
		i++;
	return digit(byte_at(p, i)) || (byte_at(p, i) == '.' && digit(byte_at(p, i + 1)));
}

/* ASCII that is neither letter nor digit nor space. Returns bytes used. */
static size_t ascii_mark(struct pass *p, size_t i)
{
	char c = p->text[i], before = i > 0 ? p->text[i - 1] : ' ', after = byte_at(p, i + 1);
	switch (c) {
	case '\'':
		if (letter(before) && letter(after))
			(void)buf_char(p->out, c);
		else
			space(p);
		return 1;
	case ',':
		if (!groups_digits(p, i))
			space(p);
		return 1;
	case '.':
		if (digit(after) && (digit(before) || !letter(before)))
			(void)buf_str(p->out, digit(before) ? "." : "0.");
		else if (!joins_letters(p, i))
			space(p);
		return 1;
	case ':':
		space(p);	/* ten o'clock is 10:00: the zeros are not spoken */
		if (digit(before) && after == '0' && byte_at(p, i + 2) == '0' &&
		    !digit(byte_at(p, i + 3)) && byte_at(p, i + 3) != ':')
			return 3;
		return 1;
	case '$':
		word(p, amount_follows(p, i + 1) ? "$" : "dollars");
		return 1;
	case '%':
		word(p, "percent");
		return 1;
	case '&':
		word(p, "and");
		return 1;
	case '@':
		word(p, "at");
		return 1;
	case '+':
		word(p, digit(after) ? "plus" : "");
		return 1;
	case '-':
		word(p, digit(after) && before == ' ' ? "minus" : "");
		return 1;
	default:
		space(p);
		return 1;
	}
}

static void other_mark(struct pass *p, int32_t c, size_t i, size_t next)
{
	bool amount = amount_follows(p, next);
	switch (c) {
	case 0x2018:	/* single quotation marks and the modifier letter */
	case 0x2019:
	case 0x02bc:
		if (i > 0 && letter(p->text[i - 1]) && letter(byte_at(p, next)))
			(void)buf_char(p->out, '\'');
		else
			space(p);
		break;
	case 0x20ac:
		word(p, amount ? "€" : "euros");
		break;
	case 0xa3:
		word(p, amount ? "£" : "pounds");
		break;
	case 0xa2:
		word(p, "cents");
		break;
	case 0xb0:
		word(p, "degrees");
		break;
	case 0x2212:
		word(p, digit(byte_at(p, next)) ? "minus" : "");
		break;
	default:
		space(p);
	}
}

/* "st" "nd" "rd" "th" right behind a number and not the start of a word. */
static bool ordinal_ending(const struct pass *p, size_t i)
{
	static const char *const endings[] = {"st", "nd", "rd", "th"};
	if (p->len - i < 2 || (i + 2 < p->len && letter(p->text[i + 2])))
		return false;
	for (size_t k = 0; k < ARRAY_LEN(endings); k++)
		if (memcmp(p->text + i, endings[k], 2) == 0)
			return true;
	return false;
}

int english_characters(const char *text, size_t len, struct buf *out)
{
	struct pass p = {text, len, out, out->len};
	for (size_t i = 0; i < len;) {
		char c = text[i];
		char before = i > 0 ? text[i - 1] : ' ';
		if (digit(c) || (c >= 'a' && c <= 'z')) {
			bool edge = i > 0 && ((digit(c) && letter(before)) ||
					      (letter(c) && digit(before)));
			if (edge && !(letter(c) && ordinal_ending(&p, i)))
				space(&p);
			(void)buf_char(out, c);
			i++;
		} else if ((unsigned char)c < 0x80) {
			if (unicode_is_space(c)) {
				space(&p);
				i++;
			} else {
				i += ascii_mark(&p, i);
			}
		} else {
			size_t next = i;
			int32_t wide = unicode_next(text, len, &next);
			if (unicode_is_space(wide))
				space(&p);
			else if (unicode_is_mark(wide) || wide == 0x02bc)
				other_mark(&p, wide, i, next);
			else
				(void)buf_add(out, text + i, next - i);
			i = next;
		}
	}
	return out->failed ? -1 : 0;
}
