/* workers/draw/item.c - reading the keys of a scene's items.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "draw.h"

static const struct {
	const char *name;
	unsigned rgb;
} colors[] = {
	{"red", 0xe02020},	{"green", 0x20a030},	{"blue", 0x2040e0},
	{"yellow", 0xffe020},	{"orange", 0xff8c10},	{"purple", 0x8020a0},
	{"black", 0x000000},	{"white", 0xffffff},	{"gray", 0x808080},
	{"brown", 0x8b4513},	{"pink", 0xff90c0},	{"cyan", 0x10d0e0},
};

static struct color from_rgb(unsigned rgb)
{
	return (struct color){(rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0,
			      (rgb & 255) / 255.0};
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* "#rrggbb" or a name. */
static bool parse_color(const char *text, struct color *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(colors); i++) {
		if (strcmp(text, colors[i].name) == 0) {
			*ret = from_rgb(colors[i].rgb);
			return true;
		}
	}
	if (text[0] != '#' || strlen(text) != 7)
		return false;
	unsigned rgb = 0;
	for (int i = 1; i < 7; i++) {
		int digit = hex_digit(text[i]);
		if (digit < 0)
			return false;
		rgb = rgb << 4 | (unsigned)digit;
	}
	*ret = from_rgb(rgb);
	return true;
}

int item_number(const struct item *it, const char *key, double min, double max, double fallback,
		double *ret, struct err *e)
{
	const json_t *j = json_object_get(it->json, key);
	if (!j && isnan(fallback))
		return err_set(e, ERR_USAGE, "%s lacks the number '%s'", it->where, key);
	if (j && !json_is_number(j))
		return err_set(e, ERR_USAGE, "%s: '%s' must be a number", it->where, key);
	double value = j ? json_number_value(j) : fallback;
	if (!(value >= min && value <= max))
		return err_set(e, ERR_USAGE, "%s: '%s' must be from %g to %g", it->where, key, min,
			       max);
	*ret = value;
	return 0;
}

int item_text(const struct item *it, const char *key, const char *fallback, const char **ret,
	      struct err *e)
{
	const json_t *j = json_object_get(it->json, key);
	if (!j && !fallback)
		return err_set(e, ERR_USAGE, "%s lacks the text '%s'", it->where, key);
	if (j && !json_is_string(j))
		return err_set(e, ERR_USAGE, "%s: '%s' must be a text", it->where, key);
	if (j && json_string_length(j) > TEXT_MAX)
		return err_set(e, ERR_USAGE, "%s: '%s' is longer than %d bytes", it->where, key,
			       TEXT_MAX);
	*ret = j ? json_string_value(j) : fallback;
	return 0;
}

int item_color(const struct item *it, const char *key, const char *fallback, struct color *ret,
	       struct err *e)
{
	const char *text;
	if (item_text(it, key, fallback, &text, e) < 0)
		return -1;
	if (!parse_color(text, ret))
		return err_set(e, ERR_USAGE,
			       "%s: '%s' is no colour: use red, green, blue, yellow, orange, "
			       "purple, black, white, gray, brown, pink, cyan or #rrggbb",
			       it->where, key);
	return 0;
}

int item_keys(const struct item *it, const char *const *keys, struct err *e)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)it->json, key, value) {
		size_t i = 0;
		while (keys[i] && strcmp(keys[i], key) != 0)
			i++;
		if (keys[i])
			continue;
		char known[256] = "";
		for (i = 0; keys[i]; i++) {
			size_t len = strlen(known);
			(void)snprintf(known + len, sizeof(known) - len, "%s%s", i ? ", " : "",
				       keys[i]);
		}
		return err_set(e, ERR_USAGE, "%s has an unknown key; it may have: %s", it->where,
			       known);
	}
	return 0;
}
