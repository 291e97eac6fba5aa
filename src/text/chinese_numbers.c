/* src/text/chinese_numbers.c - Chinese: numbers, dates, times, money and units to one form.
 *
 * Spelled numbers go to Arabic digits and not the other way round: many readings have one
 * number, a number has many readings (一百五 and 一百五十 are 150; 二〇二四年 is 2024年). Single
 * digits inside of words are changed too (一起 -> 1起): the same on both sides.
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/util.h"
#include "text/rules.h"
#include "text/unicode.h"

#define DIGITS_MAX 24

/* A character string, NUL-ended, that is looked for in the text. */
struct pair {
	const char *from, *to;
};

struct pass {
	const char *text;
	size_t len;
	struct buf *out;
	bool after_month;	/* the number before stands right behind 月 */
	bool after_hour;	/* … behind 点 */
};

static bool at(const struct pass *p, size_t i, const char *what)
{
	size_t n = strlen(what);
	return i <= p->len && p->len - i >= n && memcmp(p->text + i, what, n) == 0;
}

static bool arabic(const struct pass *p, size_t i)
{
	return i < p->len && p->text[i] >= '0' && p->text[i] <= '9';
}

static bool letter(const struct pass *p, size_t i)
{
	return i < p->len && p->text[i] >= 'a' && p->text[i] <= 'z';
}

/* 0 … 9, or -1. *ret_len: bytes. formal: also the forms on cheques (壹). */
static int digit_at(const struct pass *p, size_t i, bool formal, size_t *ret_len)
{
	static const struct {
		const char *text;
		int value;
		bool formal;
	} digits[] = {
		{"〇", 0, false}, {"零", 0, false}, {"一", 1, false}, {"二", 2, false},
		{"三", 3, false}, {"四", 4, false}, {"五", 5, false}, {"六", 6, false},
		{"七", 7, false}, {"八", 8, false}, {"九", 9, false}, {"幺", 1, false},
		{"两", 2, false}, {"壹", 1, true}, {"贰", 2, true}, {"叁", 3, true},
		{"肆", 4, true}, {"伍", 5, true}, {"陆", 6, true}, {"柒", 7, true},
		{"捌", 8, true}, {"玖", 9, true},
	};
	*ret_len = 3;
	for (size_t k = 0; k < ARRAY_LEN(digits); k++)
		if ((formal || !digits[k].formal) && at(p, i, digits[k].text))
			return digits[k].value;
	return -1;
}

static uint64_t unit_at(const struct pass *p, size_t i)
{
	static const struct {
		const char *text;
		uint64_t value;
	} units[] = {
		{"十", 10}, {"百", 100}, {"千", 1000}, {"拾", 10}, {"佰", 100}, {"仟", 1000},
		{"万", 10000}, {"亿", 100000000},
	};
	for (size_t k = 0; k < ARRAY_LEN(units); k++)
		if (at(p, i, units[k].text))
			return units[k].value;
	return 0;
}

/* A formal digit is a number only beside another part of one: 陆 and 伍 are names. */
static int digit_here(const struct pass *p, size_t i, bool in_number, size_t *ret_len)
{
	int d = digit_at(p, i, false, ret_len);
	if (d >= 0)
		return d;
	d = digit_at(p, i, true, ret_len);
	size_t unused;
	bool more = in_number || unit_at(p, i + 3) > 0 || digit_at(p, i + 3, true, &unused) >= 0;
	return d >= 0 && more ? d : -1;
}

/* Digits and commas between groups of three; the value is as written. Returns the place behind,
 * or i when it is too long. */
static size_t read_arabic(const struct pass *p, size_t i, char *digits)
{
	size_t n = 0, start = i;
	while (arabic(p, i) || (i > start && at(p, i, ",") && arabic(p, i + 1) &&
				arabic(p, i + 2) && arabic(p, i + 3) && !arabic(p, i + 4))) {
		if (p->text[i] != ',') {
			if (n + 1 >= DIGITS_MAX)
				return start;
			digits[n++] = p->text[i];
		}
		i++;
	}
	digits[n] = '\0';
	return i;
}

/* 二〇二四, 一三八: two and more digits without a unit. */
static size_t read_digit_run(const struct pass *p, size_t i, char *digits)
{
	size_t n = 0, len, start = i;
	for (int d; (d = digit_here(p, i, n > 0, &len)) >= 0; i += len) {
		if (n > 0 && at(p, i, "两"))
			break;
		if (n + 1 >= DIGITS_MAX)
			return start;
		digits[n++] = (char)('0' + d);
	}
	digits[n] = '\0';
	return i;
}

struct reading {
	uint64_t done;		/* above the current 万 or 亿 */
	uint64_t part;		/* below it */
	uint64_t smallest;	/* unit used last within the part */
	uint64_t biggest;	/* 万 or 亿 used last */
	uint64_t last_unit;	/* unit right before the digit, 0: none */
	int64_t digit;		/* waiting for its unit; -1: none */
	bool after_zero;
};

/* One unit; false when it cannot stand here. */
static bool take_unit(struct reading *r, uint64_t unit)
{
	if (unit < 10000) {
		int64_t digit = r->digit;
		if (digit <= 0 && unit == 10 && r->smallest > 10)
			digit = 1;
		if (digit <= 0 || unit >= r->smallest)
			return false;
		r->part += (uint64_t)digit * unit;
		r->smallest = unit;
	} else {
		uint64_t part = r->part + (r->digit > 0 ? (uint64_t)r->digit : 0);
		bool whole = unit == 100000000 && r->biggest == 10000;	/* 一万亿 */
		if ((part == 0 && !whole) || (unit >= r->biggest && !whole) ||
		    part > 100000000 || r->done > UINT64_MAX / 100000000 / 2)
			return false;
		r->done = whole ? (r->done + part) * unit : r->done + part * unit;
		r->part = 0;
		r->smallest = UINT64_MAX;
		r->biggest = unit;
	}
	r->last_unit = unit;
	r->digit = -1;
	r->after_zero = false;
	return true;
}

/* A number with units; Arabic digits may stand for digits (2万3千). Returns the place behind,
 * or i when there is none. */
static size_t read_units(const struct pass *p, size_t i, uint64_t *ret)
{
	struct reading r = {.smallest = UINT64_MAX, .biggest = UINT64_MAX, .digit = -1};
	size_t start = i, end = i, len;
	bool any_unit = false;
	for (;;) {
		char digits[DIGITS_MAX];
		uint64_t unit = unit_at(p, i);
		int d;
		if (unit > 0 && (i > start || unit == 10)) {
			if (!take_unit(&r, unit))
				break;
			any_unit = true;
			i += 3;
			end = i;
		} else if ((d = digit_here(p, i, i > start, &len)) >= 0 && r.digit <= 0) {
			r.after_zero = r.after_zero || (d == 0);
			r.digit = d;
			i += len;
			end = d > 0 ? i : end;
		} else if (arabic(p, i) && r.digit < 0 &&
			   (len = read_arabic(p, i, digits) - i) > 0 && strlen(digits) < 9) {
			r.digit = (int64_t)strtoull(digits, NULL, 10);
			r.last_unit = 0;	/* 1万5 is read as written: 10005 */
			i += len;
			end = i;
		} else {
			break;
		}
	}
	if (!any_unit)
		return start;
	uint64_t tail = r.digit > 0 ? (uint64_t)r.digit : 0;
	if (tail > 0 && !r.after_zero && r.last_unit >= 100)
		tail *= r.last_unit / 10;	/* 一百五, 两万三 */
	*ret = r.done + r.part + tail;
	return end;
}

static void put_number(struct pass *p, const char *digits)
{
	(void)buf_str(p->out, digits);
}

/* The decimals 点五 of 三点五; not the minutes of 三点五分. Returns the place behind or i. */
static size_t read_decimals(const struct pass *p, size_t i, char *digits)
{
	static const char *const clock[] = {"分", "刻", "半", "十", "钟"};
	if (!at(p, i, "点"))
		return i;
	size_t end = read_digit_run(p, i + 3, digits);
	if (end == i + 3)
		return i;
	for (size_t k = 0; k < ARRAY_LEN(clock); k++)
		if (at(p, end, clock[k]) && !at(p, end, "分之")) {
			digits[0] = '\0';
			return i;
		}
	return end;
}

/* Whole part and decimals times the units that follow (1.5亿, 3千). Returns the place behind. */
static size_t scale(const struct pass *p, size_t i, char *whole, char *decimals)
{
	uint64_t unit;
	while ((unit = unit_at(p, i)) > 0 && strlen(whole) < 10) {
		size_t zeros = 0, n = strlen(whole), d = strlen(decimals);
		for (uint64_t v = unit; v > 1; v /= 10)
			zeros++;
		if (d > zeros || n + zeros >= DIGITS_MAX)
			break;
		memcpy(whole + n, decimals, d);
		memset(whole + n + d, '0', zeros - d);
		whole[n + zeros] = '\0';
		decimals[0] = '\0';
		while (whole[0] == '0' && whole[1])
			memmove(whole, whole + 1, strlen(whole));
		i += 3;
	}
	return i;
}

/* A number in any writing at i. Returns the place behind, or i. */
static size_t read_number(const struct pass *p, size_t i, char *whole, char *decimals)
{
	uint64_t value;
	size_t end = read_units(p, i, &value);
	decimals[0] = '\0';
	if (end > i) {
		(void)snprintf(whole, DIGITS_MAX, "%" PRIu64, value);
		return read_decimals(p, end, decimals);
	}
	end = arabic(p, i) ? read_arabic(p, i, whole) : read_digit_run(p, i, whole);
	if (end == i)
		return i;
	if (at(p, end, ".") && arabic(p, end + 1)) {
		size_t n = 0, k = end + 1;
		while (arabic(p, k) && n + 1 < DIGITS_MAX)
			decimals[n++] = p->text[k++];
		decimals[n] = '\0';
		end = k;
	} else {
		end = read_decimals(p, end, decimals);
	}
	return decimals[0] ? scale(p, end, whole, decimals) : end;
}

/* One or two digits without a leading zero. */
static size_t read_short(const struct pass *p, size_t i, char *out)
{
	size_t n = 0;
	while (arabic(p, i + n) && n < 2)
		n++;
	if (n == 0 || arabic(p, i + n))
		return i;
	size_t zero = n == 2 && p->text[i] == '0';
	memcpy(out, p->text + i + zero, n - zero);
	out[n - zero] = '\0';
	return i + n;
}

/* 2024-05-01 and 2024/5/1. Returns the place behind, or i. */
static size_t date(struct pass *p, size_t i)
{
	char month[3], day[3];
	for (size_t k = 0; k < 4; k++)
		if (!arabic(p, i + k))
			return i;
	if (!at(p, i + 4, "-") && !at(p, i + 4, "/"))
		return i;
	char mark[2] = {p->text[i + 4], '\0'};
	size_t end = read_short(p, i + 5, month);
	if (end == i + 5 || !at(p, end, mark))
		return i;
	size_t last = read_short(p, end + 1, day);
	if (last == end + 1 || at(p, last, mark))
		return i;
	(void)buf_fmt(p->out, "%.4s年%s月%s日", p->text + i, month, day);
	return last;
}

/* 8:30 and 8:00. */
static size_t clock_time(struct pass *p, size_t i)
{
	char hour[3];
	size_t end = read_short(p, i, hour);
	if (end == i || !at(p, end, ":") || !arabic(p, end + 1) || !arabic(p, end + 2) ||
	    arabic(p, end + 3) || at(p, end + 3, ":"))
		return i;
	(void)buf_fmt(p->out, "%s点", hour);
	if (!at(p, end + 1, "00"))
		(void)buf_add(p->out, p->text + end + 1, 2);
	return end + 3;
}

/* 1/3 as 3分之1, unless more slashes follow. */
static size_t fraction(struct pass *p, size_t i)
{
	char above[DIGITS_MAX], below[DIGITS_MAX];
	size_t end = read_arabic(p, i, above);
	if (!at(p, end, "/") || !arabic(p, end + 1))
		return i;
	size_t last = read_arabic(p, end + 1, below);
	if (last == end + 1 || at(p, last, "/"))
		return i;
	(void)buf_fmt(p->out, "%s分之%s", below, above);
	return last;
}

/* 百分之五十 and 千分之三. */
static size_t share(struct pass *p, size_t i)
{
	char whole[DIGITS_MAX], decimals[DIGITS_MAX];
	bool percent = at(p, i, "百分之");
	if (!percent && !at(p, i, "千分之"))
		return i;
	size_t end;
	if (at(p, i + 9, "百") && !at(p, i + 9, "百分")) {	/* 百分之百 */
		(void)snprintf(whole, sizeof(whole), "100");
		decimals[0] = '\0';
		end = i + 12;
	} else {
		end = read_number(p, i + 9, whole, decimals);
	}
	if (end == i + 9)
		return i;
	(void)buf_fmt(p->out, "%s%s%s%s", whole, decimals[0] ? "." : "", decimals,
		      percent ? "%" : "‰");
	return end;
}

/* What may stand right behind a number and has another name. Returns the place behind. */
static size_t unit_name(struct pass *p, size_t i)
{
	static const struct pair names[] = {
		{"块钱", "元"}, {"块", "元"}, {"摄氏度", "度"}, {"°c", "度"}, {"°", "度"},
		{"点整", "点"}, {"平方公里", "平方公里"}, {"km2", "平方公里"}, {"m2", "平方米"},
		{"km", "公里"}, {"kg", "公斤"}, {"cm", "厘米"}, {"mm", "毫米"}, {"ml", "毫升"},
		{"m", "米"}, {"g", "克"}, {"l", "升"},
	};
	size_t from = at(p, i, " ") ? i + 1 : i;
	if (p->after_month && at(p, i, "号")) {
		(void)buf_str(p->out, "日");
		return i + 3;
	}
	if (p->after_hour && at(p, i, "分") && !at(p, i, "分钟") && !at(p, i, "分之"))
		return i + 3;
	for (size_t k = 0; k < ARRAY_LEN(names); k++) {
		size_t n = strlen(names[k].from);
		if (!at(p, from, names[k].from) || (letter(p, from) && letter(p, from + n)))
			continue;
		(void)buf_str(p->out, names[k].to);
		return from + n;
	}
	return i;
}

static const char *currency(const struct pass *p, size_t i, size_t *ret_len)
{
	static const struct pair signs[] = {
		{"¥", "元"}, {"$", "美元"}, {"€", "欧元"}, {"£", "英镑"},
	};
	for (size_t k = 0; k < ARRAY_LEN(signs); k++)
		if (at(p, i, signs[k].from)) {
			*ret_len = strlen(signs[k].from);
			return signs[k].to;
		}
	return NULL;
}

static bool ends_with(const struct buf *b, const char *end)
{
	size_t n = strlen(end);
	return b->len >= n && memcmp(b->data + b->len - n, end, n) == 0;
}

/* A number and what belongs to it. money: name to put behind it, or NULL. */
static size_t number(struct pass *p, size_t i, const char *money)
{
	char whole[DIGITS_MAX], decimals[DIGITS_MAX];
	size_t end = money ? i : date(p, i);
	if (end == i && !money)
		end = clock_time(p, i);
	if (end == i && !money)
		end = fraction(p, i);
	if (end > i)
		return end;
	/* 二两: a weight */
	bool weight = at(p, i, "两") && p->out->len > 0 &&
		      p->out->data[p->out->len - 1] >= '0' && p->out->data[p->out->len - 1] <= '9';
	end = weight ? i : read_number(p, i, whole, decimals);
	if (end == i || (end == i + 3 && at(p, i, "幺")))	/* alone: the youngest */
		return i;
	bool day = at(p, end, "月") || at(p, end, "日") || at(p, end, "号");
	bool zero = day && !decimals[0] && strlen(whole) == 2 && whole[0] == '0';
	p->after_month = p->out->len > 0 && ends_with(p->out, "月");
	p->after_hour = p->out->len > 0 && ends_with(p->out, "点");
	put_number(p, whole + zero);
	if (decimals[0])
		(void)buf_fmt(p->out, ".%s", decimals);
	if (money)
		(void)buf_str(p->out, money);
	return money ? end : unit_name(p, end);
}

int chinese_numbers(const char *text, size_t len, struct buf *out)
{
	struct pass p = {.text = text, .len = len, .out = out};
	for (size_t i = 0; i < len;) {
		size_t sign = 0;
		const char *money = currency(&p, i, &sign);
		bool negative = at(&p, i, "-") && arabic(&p, i + 1) &&
				!(i > 0 && (arabic(&p, i - 1) || letter(&p, i - 1)));
		size_t end = share(&p, i);
		if (end == i && money && arabic(&p, i + sign))
			end = number(&p, i + sign, money);
		else if (end == i)
			end = number(&p, i, NULL);
		if (end > i) {
			i = end;
			continue;
		}
		size_t next = i;
		(void)unicode_next(text, len, &next);
		if (negative)
			(void)buf_str(out, "负");
		else
			(void)buf_add(out, text + i, next - i);
		i = next;
	}
	return out->failed ? -1 : 0;
}
