/* src/cli/suite_command.c - see suite_command.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/suite_command.h"

#include "base/json.h"
#include "cli/session.h"

struct own_options {
	bool list;
};

const struct opt suite_command_options[] = {
	{.name = "list", OPT_AT_BOOL(struct own_options, list),
	 .help = "show the cases and how each is judged, and run nothing"},
	{0},
};

static int list_cases(const struct command *c, const struct suite *suite,
		      const struct common_options *common)
{
	struct err e;
	if (!suite->list) {
		(void)err_set(&e, ERR_USAGE, "%s has no cases to list", c->name);
		return command_fail(&e);
	}
	CLEANUP(json_unref) json_t *all = suite->list();
	if (common->format == FORMAT_JSON)
		return command_print_json(all);
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	size_t i;
	json_t *one;
	json_array_foreach(all, i, one)
		(void)buf_fmt(&out, "%-18s %-5s %s\n%25s%s (%s)\n", json_text(one, "id", ""),
			      json_text(one, "service", ""), json_text(one, "name", ""), "",
			      json_text(one, "judged", ""), json_text(one, "source", ""));
	return command_print(out.data ? out.data : "", out.len);
}

struct words {
	int argc;
	char **argv;
};

/* One suite alone: --only can mean its cases only. */
static int only_cases(struct optset *set, const struct strings *only, struct arena *a,
		      struct err *e)
{
	CLEANUP(buf_release) struct buf list = BUF_INIT(65536);
	for (size_t i = 0; i < only->n; i++)
		(void)buf_fmt(&list, "%s%s", i ? "," : "", only->items[i]);
	return only->n ? opt_set(set, "cases", list.data, a, e) : 0;
}

/* Put the command line's options over what the plan says of this item. */
static int override(struct session *s, struct session_item *item, const struct words *w,
		    struct err *e)
{
	struct session_options ignored_session = {0};
	struct url_options ignored_urls = {0};
	struct common_options ignored_common = {0};
	struct own_options ignored_own = {0};
	struct strings operands = {0};
	struct optset sets[SUITE_SETS_MAX + 4];
	size_t n = 0;
	for (; n < item->n_sets; n++)
		sets[n] = item->sets[n];
	sets[n++] = (struct optset){.rows = session_options, .to = &ignored_session};
	sets[n++] = (struct optset){.rows = url_options, .to = &ignored_urls};
	sets[n++] = (struct optset){.rows = common_options, .to = &ignored_common};
	sets[n++] = (struct optset){.rows = suite_command_options, .to = &ignored_own};
	if (opt_from_args(sets, n, w->argc, w->argv, &operands, s->arena, e) < 0 ||
	    (item->suite->list &&
	     only_cases(&sets[0], &ignored_session.only, s->arena, e) < 0))
		return -1;
	for (size_t i = 0; i < item->n_sets; i++)
		item->sets[i].given = sets[i].given;
	return session_check_item(s, item, e);
}

/* The items of the plan that belong to the suite; one with defaults when it has none. */
static int from_plan(struct session *s, const struct suite *suite, const char *path,
		     const struct words *w, struct err *e)
{
	size_t kept = 0;
	if (session_open(s, path, e) < 0)
		return -1;
	for (size_t i = 0; i < s->n_items; i++)
		if (s->items[i].suite == suite)
			s->items[kept++] = s->items[i];
	s->n_items = kept;
	if (kept == 0)
		(void)session_add_item(s, suite);
	for (size_t i = 0; i < s->n_items; i++)
		if (override(s, &s->items[i], w, e) < 0)
			return -1;
	return 0;
}

int suite_command(const struct command *c, const struct suite *suite, int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct session_options options = {0};
	struct url_options urls = {0};
	struct own_options own = {0};
	struct optset sets[SUITE_SETS_MAX + 3];
	struct strings words = {0};
	struct err e;
	int status;
	void *probe = arena_alloc(a, suite->settings_size);
	size_t n = suite->bind(probe, sets);
	sets[n] = (struct optset){.rows = session_options, .to = &options};
	sets[n + 1] = (struct optset){.rows = url_options, .to = &urls};
	sets[n + 2] = (struct optset){.rows = suite_command_options, .to = &own};
	if (command_begin(c, argc, argv, sets, n + 3, &common, &words, a, &status))
		return status;
	if (own.list)
		return list_cases(c, suite, &common);
	if (suite->list)	/* override() takes it as cases */
		options.only.n = 0;
	if ((status = command_operands(c, &words, 0, 1)) != 0)
		return status;
	CLEANUP(session_release)
	struct session s = {.arena = a, .common = &common, .options = &options};
	struct words w = {argc, argv};
	options.title = suite->summary;
	options.command = command_line(c, argc, argv, a);
	int rc = words.n ? from_plan(&s, suite, words.items[0], &w, &e)
			 : session_open_urls(&s, &urls, &e);
	if (rc == 0 && words.n == 0)
		rc = override(&s, session_add_item(&s, suite), &w, &e);
	if (rc < 0)
		return session_refuse(&s, &e);
	s.view = progress_view_new(&common);
	return session_run(&s);
}
