/* src/base/opt_show.c - see opt.h: what people read of a table: help and echo.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/opt.h"

const char *opt_cli_name(const struct opt *o)
{
	static _Thread_local char name[64];
	size_t i = 0;
	for (; o->name[i] && i + 1 < sizeof(name); i++)
		name[i] = o->name[i] == '_' ? '-' : o->name[i];
	name[i] = '\0';
	return name;
}

const char *opt_arg(const struct opt *o, char *out, size_t size)
{
	static const char *const by_type[] = {
		[OPT_BOOL] = "", [OPT_INT] = "N", [OPT_REAL] = "X", [OPT_STRING] = "TEXT",
		[OPT_DURATION] = "TIME", [OPT_SIZE] = "SIZE", [OPT_CHOICE] = "",
		[OPT_STRINGS] = "A,B", [OPT_NODE] = "VALUE",
	};
	if (o->arg || o->type != OPT_CHOICE) {
		(void)snprintf(out, size, "%s", o->arg ? o->arg : by_type[o->type]);
		return out;
	}
	size_t used = 0;
	out[0] = '\0';
	for (int i = 0; o->choices[i] && used < size; i++) {
		int n = snprintf(out + used, size - used, "%s%s", i ? "|" : "", o->choices[i]);
		used += n > 0 ? (size_t)n : 0;
	}
	return out;
}

/* Columns that a text takes: its characters, which in help texts are all narrow. */
static size_t columns(const char *text, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* Append text wrapped to width, each further line indented; the cursor stands at `indent`. */
static void wrap(const char *text, size_t indent, size_t width, struct buf *out)
{
	size_t at = indent;
	while (*text) {
		size_t len = strcspn(text, " ");
		size_t wide = columns(text, len);
		if (at > indent && at + 1 + wide > width) {
			(void)buf_fmt(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			(void)buf_char(out, ' ');
			at++;
		}
		(void)buf_add(out, text, len);
		at += wide;
		text += len + (text[len] == ' ');
	}
	(void)buf_char(out, '\n');
}

#define HELP_INDENT 28

void opt_help(const struct opt *rows, size_t width, struct buf *out)
{
	for (const struct opt *o = rows; o->name; o++) {
		char head[160];
		char arg[120];
		char text[600];
		if (o->flags & OPT_PLAN_ONLY)
			continue;
		(void)opt_arg(o, arg, sizeof(arg));
		int n = snprintf(head, sizeof(head), "  %c%c%s --%s%s%s", o->letter ? '-' : ' ',
				 o->letter ? o->letter : ' ', o->letter ? "," : " ",
				 opt_cli_name(o), *arg ? " " : "", arg);
		(void)buf_str(out, head);
		size_t used = columns(head, (size_t)n);
		if (used + 2 > HELP_INDENT)
			(void)buf_fmt(out, "\n%*s", HELP_INDENT, "");
		else
			(void)buf_fmt(out, "%*s", (int)(HELP_INDENT - used), "");
		bool has_default = o->def && *o->def && !(o->type == OPT_BOOL && *o->def == 'f');
		(void)snprintf(text, sizeof(text), "%s%s%s%s", o->help,
			       has_default ? " (default: " : "", has_default ? o->def : "",
			       has_default ? ")" : "");
		wrap(text, HELP_INDENT, width, out);
	}
}

static json_t *echo_strings(const struct strings *list)
{
	json_t *array = list->n ? json_array() : NULL;
	for (size_t i = 0; i < list->n; i++)
		(void)json_array_append_new(array, json_string(list->items[i]));
	return array;
}

static json_t *echo_field(const struct opt *o, const void *field)
{
	switch (o->type) {
	case OPT_BOOL:
		return json_boolean(*(const bool *)field);
	case OPT_INT:
		return json_integer(*(const int64_t *)field);
	case OPT_REAL:
		return json_real(*(const double *)field);
	case OPT_STRING:
		return json_string(*(const char *const *)field);	/* NULL for NULL */
	case OPT_DURATION:
		return json_real(ns_to_s(*(const uint64_t *)field));
	case OPT_SIZE:
		return json_integer((json_int_t)*(const uint64_t *)field);
	case OPT_CHOICE:
		return json_string(o->choices[*(const int *)field]);
	case OPT_STRINGS:
		return echo_strings(field);
	case OPT_NODE:
		return o->echo ? o->echo(field) : NULL;
	}
	return NULL;
}

json_t *opt_echo(const struct opt *rows, const void *from)
{
	json_t *all = json_object();
	for (const struct opt *o = rows; o->name; o++) {
		if (o->flags & (OPT_SECRET | OPT_CLI_ONLY))
			continue;
		json_t *value = echo_field(o, (const char *)from + o->offset);
		if (value)
			(void)json_object_set_new(all, o->name, value);
	}
	return all;
}
