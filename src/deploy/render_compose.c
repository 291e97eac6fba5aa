/* src/deploy/render_compose.c - see render.h: one file for docker compose.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "deploy/render.h"

/* Compose replaces $NAME: a real one is doubled. */
static const char *plain(const char *text, struct arena *a)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	for (; *text; text++)
		(void)buf_fmt(&out, *text == '$' ? "$$" : "%c", *text);
	return arena_strn(a, out.data ? out.data : "", out.len);
}

static void plain_all(const struct strings *from, struct strings *to, struct arena *a)
{
	for (size_t i = 0; i < from->n; i++)
		strings_add(to, a, plain(from->items[i], a));
}

static void put_list(struct buf *out, const char *key, const struct strings *list,
		     struct arena *a)
{
	if (list->n > 0)
		(void)buf_fmt(out, "    %s:\n", key);
	for (size_t i = 0; i < list->n; i++)
		(void)buf_fmt(out, "      - %s\n", render_quote(plain(list->items[i], a), a));
}

static void put_gpus(struct buf *out, const struct launch *l)
{
	(void)buf_str(out, "    deploy:\n      resources:\n        reservations:\n"
		      "          devices:\n            - driver: nvidia\n"
		      "              capabilities: [gpu]\n              device_ids: [");
	for (size_t i = 0; i < l->n_devices; i++)
		(void)buf_fmt(out, "%s\"%lld\"", i ? ", " : "", (long long)l->devices[i]);
	(void)buf_str(out, "]\n");
}

static void put_service(const struct launch *l, struct arena *a, struct buf *out)
{
	static const char *const restart[] = {"\"no\"", "on-failure", "always"};
	const struct unit *u = l->unit;
	struct strings words = {0}, nodes = {0}, both = {0}, mounts = {0};
	plain_all(&l->command, &words, a);
	container_devices(l, &nodes, a);
	container_mounts(l, &mounts, a);
	for (size_t i = 0; i < nodes.n; i++)
		strings_add(&both, a, arena_fmt(a, "%s:%s", nodes.items[i], nodes.items[i]));
	struct strings first = {words.items, 1};
	(void)buf_fmt(out, "  %s-%d:\n    image: %s\n    network_mode: host\n    shm_size: %s\n"
		      "    entrypoint: %s\n    command: %s\n", u->name, l->replica,
		      render_quote(u->inside.image, a), container_shm(l),
		      render_list(&first, 0, a), render_list(&words, 1, a));
	if (u->dir)
		(void)buf_fmt(out, "    working_dir: %s\n", render_quote(plain(u->dir, a), a));
	put_list(out, "environment", &l->env, a);
	put_list(out, "devices", &both, a);
	put_list(out, "volumes", &mounts, a);
	(void)buf_fmt(out, "    restart: %s\n    stop_grace_period: %.0fs\n", restart[u->restart],
		      ns_to_s(u->grace_ns));
	if (l->platform == PLATFORM_CUDA && l->n_devices > 0)
		put_gpus(out, l);
}

int render_compose(const struct up_plan *p, struct arena *a, struct rendering *ret,
		   struct err *e)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	/* No "name:", which Debian's docker-compose (1.29) refuses. */
	(void)buf_fmt(&out, "# Made by assay up --render compose from %s.\n"
		      "# docker compose --project-name assay-%s up\nservices:\n",
		      p->manifest->path, p->manifest->name);
	for (size_t i = 0; i < p->n; i++) {
		const struct unit *u = p->launches[i].unit;
		if (!u->inside.image)
			return yaml_err(e, u->node, "service '%s' has no image: write in: "
					"{docker: IMAGE}", u->name);
		put_service(&p->launches[i], a, &out);
	}
	render_add(ret, a, "compose.yaml", &out);
	return 0;
}
