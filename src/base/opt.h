/* src/base/opt.h - one option table for command line, plan, checks, help, manual and echo.
 *
 * A component describes its settings once, as rows of `struct opt` that point into its own
 * settings struct. The plan writes `max_tokens: 64`, the command line `--max-tokens 64`.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/util.h"
#include "base/yaml.h"

enum opt_type {
	OPT_BOOL,	/* bool; --name, --no-name */
	OPT_INT,	/* int64_t */
	OPT_REAL,	/* double */
	OPT_STRING,	/* const char *; NULL when not given */
	OPT_DURATION,	/* uint64_t ns: 500ms, 3s, 12h */
	OPT_SIZE,	/* uint64_t bytes: 128MiB */
	OPT_CHOICE,	/* int, index into choices */
	OPT_STRINGS,	/* struct strings: a list in a plan; a,b,c or repeated as option */
	OPT_NODE,	/* anything else: the row's parse() reads the YAML node */
};

enum opt_flag {
	OPT_REQUIRED = 1,	/* an error when it was not given */
	OPT_PLAN_ONLY = 2,	/* not on the command line */
	OPT_CLI_ONLY = 4,	/* not in a plan */
	OPT_SECRET = 8,		/* never echoed */
};

struct opt {
	const char *name;	/* as in a plan: lower case and '_'; NULL ends the table */
	char letter;		/* short form on the command line, or 0 */
	enum opt_type type;
	size_t offset;		/* into the settings struct: FIELD_OFFSET() */
	const char *arg;	/* what help calls the value, e.g. "N"; NULL: by type */
	const char *help;	/* what it does, one sentence, no full stop */
	const char *def;	/* default as text; NULL: zero */
	double min, max;	/* for numbers, durations (s), sizes; both 0: any not negative */
	const char *const *choices;	/* OPT_CHOICE: ends with NULL */
	unsigned flags;
	/* OPT_NODE: fill the field (at to + offset) from the node, or say what is wrong with
	 * yaml_err(). On the command line the text is first parsed as YAML flow. */
	int (*parse)(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e);
	/* OPT_NODE: the value as JSON for the echo; NULL: not echoed. */
	json_t *(*echo)(const void *field);
};

/* A row's type and offset in one, checked by the compiler. */
#define OPT_AT_BOOL(s, f) .type = OPT_BOOL, .offset = FIELD_OFFSET(s, f, bool)
#define OPT_AT_INT(s, f) .type = OPT_INT, .offset = FIELD_OFFSET(s, f, int64_t)
#define OPT_AT_REAL(s, f) .type = OPT_REAL, .offset = FIELD_OFFSET(s, f, double)
#define OPT_AT_STRING(s, f) .type = OPT_STRING, .offset = FIELD_OFFSET(s, f, const char *)
#define OPT_AT_DURATION(s, f) .type = OPT_DURATION, .offset = FIELD_OFFSET(s, f, uint64_t)
#define OPT_AT_SIZE(s, f) .type = OPT_SIZE, .offset = FIELD_OFFSET(s, f, uint64_t)
#define OPT_AT_CHOICE(s, f) .type = OPT_CHOICE, .offset = FIELD_OFFSET(s, f, int)
#define OPT_AT_STRINGS(s, f) .type = OPT_STRINGS, .offset = FIELD_OFFSET(s, f, struct strings)
#define OPT_AT_NODE(s, f) .type = OPT_NODE, .offset = offsetof(s, f)

/* A table bound to the struct that it fills. */
struct optset {
	const struct opt *rows;
	void *to;
	uint64_t given;	/* bit i: row i was set by the user (a table has at most 64 rows) */
};

/* Fill in the defaults. Strings point into the table. Rows of OPT_STRINGS and OPT_NODE have none:
 * their zero must be right. */
void opt_defaults(const struct opt *rows, void *to);

/* Was this row set by the user? The name must exist. */
bool opt_given(const struct optset *set, const char *name);

/* Set one row from text, as the command line does. Texts are copied into the arena. */
int opt_set(struct optset *set, const char *name, const char *text, struct arena *a,
	    struct err *e);

/* Fill from a YAML map. Unknown keys: file:line:column and "did you mean". Checks OPT_REQUIRED.
 * what names the thing in messages ("a service", "performance"). */
int opt_from_yaml(struct optset *set, const struct yaml_node *map, const char *what,
		  struct arena *a, struct err *e);

/* The same for a map whose keys belong to several tables (looked through in order). */
int opt_from_yaml_sets(struct optset *sets, size_t n_sets, const struct yaml_node *map,
		       const char *what, struct arena *a, struct err *e);

/* Parse arguments after the command's name into several sets (looked through in order).
 * Words that are no options are operands; "--" ends options; --name=value, --name value,
 * -nvalue, --no-name. operands: filled, words are not copied. */
int opt_from_args(struct optset *sets, size_t n_sets, int argc, char **argv,
		  struct strings *operands, struct arena *a, struct err *e);

/* Name on the command line ("max-tokens"), in a static buffer of the thread. */
const char *opt_cli_name(const struct opt *o);

/* "N", "TIME", "a|b|c"…: what the value looks like; "" for OPT_BOOL. */
const char *opt_arg(const struct opt *o, char *out, size_t size);

/* Help lines of a table, wrapped to width columns. */
void opt_help(const struct opt *rows, size_t width, struct buf *out);

/* What is set, defaults included, as a JSON object of plan keys; secrets left out. */
json_t *opt_echo(const struct opt *rows, const void *from);

#endif
