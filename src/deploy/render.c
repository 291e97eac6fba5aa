/* src/deploy/render.c - see render.h; what the forms share, and systemd's.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/render.h"

#include <jansson.h>

#include "base/clock.h"

const char *render_quote(const char *text, struct arena *a)
{
	json_t *j = json_string(text);
	CLEANUP(free_ptr) char *quoted = j ? json_dumps(j, JSON_ENCODE_ANY) : NULL;
	json_decref(j);
	return arena_str(a, quoted ? quoted : "\"\"");
}

const char *render_list(const struct strings *words, size_t from, struct arena *a)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	(void)buf_char(&out, '[');
	for (size_t i = from; i < words->n; i++)
		(void)buf_fmt(&out, "%s%s", i > from ? ", " : "",
			      render_quote(words->items[i], a));
	(void)buf_char(&out, ']');
	return arena_strn(a, out.data, out.len);
}

void render_add(struct rendering *r, struct arena *a, const char *name, struct buf *text)
{
	struct rendered *f = ARENA_ADD(a, r->files, r->n);
	f->name = name;
	f->text = arena_strn(a, text->data ? text->data : "", text->len);
}

/* Inside double quotes; % and $ mean something to systemd. */
static void put_quoted(struct buf *out, const char *text, bool command)
{
	(void)buf_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			(void)buf_char(out, '\\');
		else if (*text == '%' || (*text == '$' && command))
			(void)buf_char(out, *text);
		if (*text == '\n')
			(void)buf_str(out, "\\n");
		else
			(void)buf_char(out, *text);
	}
	(void)buf_char(out, '"');
}

static void put_unit(const struct up_plan *p, const struct launch *l, struct buf *out)
{
	static const char *const restart[] = {"no", "on-failure", "always"};
	const struct unit *u = l->unit;
	(void)buf_fmt(out, "# Made by assay up --render systemd from %s.\n[Unit]\n"
		      "Description=assay deployment %s: %s\n"
		      "Wants=network-online.target\nAfter=network-online.target\n"
		      "StartLimitIntervalSec=0\n\n[Service]\nType=exec\n", p->manifest->path,
		      p->manifest->name, l->id);
	if (u->dir && !l->container)
		(void)buf_fmt(out, "WorkingDirectory=%s\n", u->dir);
	for (size_t i = 0; i < l->env.n; i++) {
		(void)buf_str(out, "Environment=");
		put_quoted(out, l->env.items[i], false);
		(void)buf_char(out, '\n');
	}
	(void)buf_str(out, "ExecStart=");
	for (size_t i = 0; i < l->words.n; i++) {
		if (i > 0)
			(void)buf_char(out, ' ');
		put_quoted(out, l->words.items[i], true);
	}
	(void)buf_fmt(out, "\nRestart=%s\nRestartSec=%.6gs\nKillMode=control-group\n"
		      "TimeoutStopSec=%.6gs\nLimitNOFILE=65536\n\n"
		      "[Install]\nWantedBy=multi-user.target\n", restart[u->restart],
		      ns_to_s(u->backoff_ns), ns_to_s(u->grace_ns));
}

int render_systemd(const struct up_plan *p, struct arena *a, struct rendering *ret,
		   struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct launch *l = &p->launches[i];
		CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
		if (l->unit->recipe && l->unit->recipe->config.from)
			return yaml_err(e, l->unit->node, "service '%s': the recipe %s writes a "
					"configuration at each start; only assay up does that",
					l->unit->name, l->unit->recipe->name);
		put_unit(p, l, &out);
		render_add(ret, a, arena_fmt(a, "assay-%s-%d.service", l->unit->name, l->replica),
			   &out);
	}
	return 0;
}

int render(const char *kind, const struct up_plan *p, const char *resource, struct arena *a,
	   struct rendering *ret, struct err *e)
{
	*ret = (struct rendering){0};
	if (strcmp(kind, "systemd") == 0)
		return render_systemd(p, a, ret, e);
	if (strcmp(kind, "compose") == 0)
		return render_compose(p, a, ret, e);
	return render_kubernetes(p, resource, a, ret, e);
}
