/* src/cli/outputs.c - see outputs.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/outputs.h"

#include "base/file.h"
#include "bridge/exporters.h"
#include "load/keeper.h"
#include "report/writer.h"
#include "store/store.h"

/* Where requests are kept until they are written: beside the first file. */
static int start_exports(const struct session *s, struct keeper **ret, struct err *e)
{
	const struct strings *exports = &s->options->exports;
	const char *path = NULL;
	for (size_t i = exports->n; i > 0; i--)
		if (!exporter_parse(exports->items[i - 1], &path, e))
			return -1;
	if (!path)
		return 0;
	const char *slash = strrchr(path, '/');
	const char *dir = slash ? arena_strn(s->arena, path, (size_t)(slash - path) + 1) : ".";
	return file_make_dirs(dir, e) < 0 ? -1 : keeper_new(dir, ret, e);
}

static int write_exports(const struct session *s, const struct result *r,
			 struct keeper *keeper, struct err *e)
{
	const struct strings *exports = &s->options->exports;
	if (keeper && keeper_gather(keeper, s->dist, r, e) < 0)
		return -1;
	if (dist_rank(s->dist) != 0)
		return 0;
	if (keeper && keeper_finish(keeper, e) < 0)
		return -1;
	for (size_t i = 0; i < exports->n; i++) {
		const char *path;
		const struct exporter *x = exporter_parse(exports->items[i], &path, e);
		if (!x || exporter_write(x, path, r, keeper, e) < 0)
			return -1;
	}
	return 0;
}

static struct store *open_store(const struct session *s, struct err *e)
{
	struct store *store = NULL;
	char *path = NULL;
	if (file_make_dirs(s->options->out, e) < 0)
		return NULL;
	if (asprintf(&path, "%s/results.db", s->options->out) < 0)
		return NULL;
	(void)store_open(path, &store, e);
	free(path);
	return store;
}

/* *ret_live stays NULL where nobody asked for the page. */
static int start_live(const struct session *s, struct live_page **ret_live, struct err *e)
{
	const struct session_options *o = s->options;
	if (!o->ui && o->ui_port < 0)
		return 0;
	if (live_page_start(o->title ? o->title : s->plan.title, o->command, o->lang,
		       o->ui_port < 0 ? 0 : (int)o->ui_port, progress_view_hooks(s->view), ret_live,
		       e) < 0)
		return -1;
	progress_say(s->view, "live page: %s", live_page_url(*ret_live));
	return 0;
}

int outputs_open(const struct session *s, struct outputs *o, struct err *e)
{
	*o = (struct outputs){0};
	if (start_exports(s, &o->keeper, e) < 0)
		return -1;
	if (dist_rank(s->dist) != 0)
		return 0;
	if (s->options->out && !(o->store = open_store(s, e)))
		return -1;
	if (start_live(s, &o->live, e) < 0)
		return -1;
	/* From here on the folder is that of this run, whatever becomes of it. */
	if (!o->store || (report_clear_dir(s->options->out, e) == 0 &&
			  store_begin(o->store, e) == 0))
		return 0;
	o->live = live_page_end(o->live, NULL);
	return -1;
}

int outputs_close(const struct session *s, struct outputs *o, const struct result *r,
		  struct err *e)
{
	int rc = r ? write_exports(s, r, o->keeper, e) : 0;
	(void)keeper_free(o->keeper);
	(void)store_close(o->store);
	return rc;
}
