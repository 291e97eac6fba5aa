/* src/deploy/manifest.c - see manifest.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/manifest.h"

#include <limits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/str.h"
#include "protocols/protocol.h"

#define REPLICA_PORT_STEP 10

static int parse_devices(const struct opt *o, const struct yaml_node *node, struct arena *a,
			 void *field, struct err *e)
{
	struct unit_devices *d = field;
	(void)a;
	*d = (struct unit_devices){.given = true};
	if (node->kind == YAML_SCALAR && strcmp(node->text, "cpu") == 0) {
		d->cpu = true;
		return 0;
	}
	if (node->kind == YAML_SCALAR && str_starts(node->text, "auto")) {
		int64_t n = 1;
		const char *count = node->text + 4;
		if (*count && (*count != ':' || str_to_int(count + 1, &n, NULL) < 0 || n < 1 ||
			       n > UNIT_DEVICES_MAX))
			return yaml_err(e, node, "%s: auto, or auto:N with N from 1 to %d",
					o->name, UNIT_DEVICES_MAX);
		d->chosen = true;
		d->n = (size_t)n;
		return 0;
	}
	if (node->kind != YAML_LIST || node->n == 0 || node->n > UNIT_DEVICES_MAX)
		return yaml_err(e, node, "%s must be auto, auto:N, [cpu], or a list of device "
				"numbers", o->name);
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *v = node->pairs[i].value;
		if (v->kind == YAML_SCALAR && strcmp(v->text, "cpu") == 0 && node->n == 1) {
			d->cpu = true;
			return 0;
		}
		if (v->kind != YAML_SCALAR || str_to_int(v->text, &d->ids[i], NULL) < 0 ||
		    d->ids[i] < 0)
			return yaml_err(e, v, "%s: a device is a number (assay monitor --once "
					"lists them)", o->name);
		for (size_t k = 0; k < i; k++)
			if (d->ids[k] == d->ids[i])
				return yaml_err(e, v, "%s: device %lld twice", o->name,
						(long long)d->ids[i]);
		d->n++;
	}
	return 0;
}

static const struct opt ready_options[] = {
	{.name = "url", OPT_AT_STRING(struct unit_ready, url), .help = "path that answers 200"},
	{.name = "within", OPT_AT_DURATION(struct unit_ready, within_ns), .min = 0.1,
	 .max = 86400, .def = "0s", .help = "time until it must be ready"},
	{.name = "request", OPT_AT_BOOL(struct unit_ready, request), .def = "true",
	 .help = "also a real request"},
	{0},
};

static int parse_ready(const struct opt *o, const struct yaml_node *node, struct arena *a,
		       void *field, struct err *e)
{
	struct unit_ready *r = field;
	*r = (struct unit_ready){.request = true};
	if (node->kind == YAML_SCALAR) {
		struct err why;
		if (clock_parse_duration(node->text, &r->within_ns, &why) < 0)
			return yaml_err(e, node, "%s: %s", o->name, why.text);
		if (r->within_ns < NS_PER_S / 10)
			return yaml_err(e, node, "%s must be at least 100 ms", o->name);
		return 0;
	}
	struct optset set = {.rows = ready_options, .to = r};
	if (opt_from_yaml(&set, node, o->name, a, e) < 0)
		return -1;
	if (r->url && r->url[0] != '/')
		return yaml_err(e, node, "%s: url is a path, as \"/health\"", o->name);
	return 0;
}

static int parse_inside(const struct opt *o, const struct yaml_node *node, struct arena *a,
			void *field, struct err *e)
{
	struct unit_inside *in = field;
	(void)a;
	if (node->kind != YAML_MAP || node->n != 1 ||
	    node->pairs[0].value->kind != YAML_SCALAR || !*node->pairs[0].value->text ||
	    (strcmp(node->pairs[0].key, "docker") != 0 &&
	     strcmp(node->pairs[0].key, "podman") != 0))
		return yaml_err(e, node, "%s must be {docker: IMAGE} or {podman: IMAGE}", o->name);
	in->runtime = node->pairs[0].key;
	in->image = node->pairs[0].value->text;
	return 0;
}

static const char *const platforms[] = {"auto", "ascend", "cuda", "cpu", NULL};
static const char *const policies[] = {"never", "on-failure", "always", NULL};
static const char *const proofs[] = {"auto", "required", "off", NULL};
#define U struct unit

const struct opt unit_options[] = {
	{.name = "recipe", OPT_AT_STRING(U, recipe_name), .help = "a known server"},
	{.name = "command", OPT_AT_STRINGS(U, command), .help = "or its own command"},
	{.name = "args", OPT_AT_STRINGS(U, args), .help = "words added to the command"},
	{.name = "worker_args", OPT_AT_STRINGS(U, worker_args),
	 .help = "words added to the command of a Python worker"},
	{.name = "prefix", OPT_AT_STRINGS(U, prefix),
	 .help = "words before the command (numactl, taskset, chroot, srun)"},
	{.name = "model", OPT_AT_STRING(U, model), .help = "model folder or file"},
	{.name = "name", OPT_AT_STRING(U, model_name), .help = "the model's name in answers"},
	{.name = "kind", OPT_AT_STRING(U, kind), .help = "asr, tts or chat"},
	{.name = "protocol", OPT_AT_STRING(U, protocol), .help = "protocol of its real requests"},
	{.name = "route", OPT_AT_STRING(U, route), .help = "route of its URL, as /v1"},
	{.name = "asks", OPT_AT_STRINGS(U, asks), .help = "warm-up: text, image, audio"},
	{.name = "host", OPT_AT_STRING(U, host), .def = "127.0.0.1", .help = "listens there"},
	{.name = "port", OPT_AT_INT(U, port), .def = "0", .max = 65535,
	 .help = "port of the first replica, the next ones 10 further each; 0: free ones"},
	{.name = "replicas", OPT_AT_INT(U, replicas), .def = "1", .min = 1, .max = 64,
	 .help = "copies of it"},
	{.name = "workers", OPT_AT_INT(U, workers), .def = "1", .min = 1, .max = 64,
	 .help = "worker processes in each assay serve"},
	{.name = "devices", OPT_AT_NODE(U, devices), .parse = parse_devices,
	 .help = "auto, auto:N, [0, 1] or [cpu]"},
	{.name = "platform", OPT_AT_CHOICE(U, platform), .choices = platforms, .def = "auto",
	 .help = "kind of device"},
	{.name = "env", OPT_AT_NODE(U, env), .parse = recipe_parse_map, .help = "environment"},
	{.name = "python", OPT_AT_STRING(U, python), .def = "python3", .help = "for workers"},
	{.name = "dir", OPT_AT_STRING(U, dir), .help = "working folder"},
	{.name = "in", OPT_AT_NODE(U, inside), .parse = parse_inside,
	 .help = "{docker: IMAGE} or {podman: IMAGE}"},
	{.name = "mounts", OPT_AT_STRINGS(U, mounts), .help = "further folders of a container"},
	{.name = "ready", OPT_AT_NODE(U, ready), .parse = parse_ready,
	 .help = "300s, or {url: PATH, within: TIME, request: BOOL}"},
	{.name = "request_timeout", OPT_AT_DURATION(U, request_ns), .def = "60s", .min = 0.1,
	 .max = 3600, .help = "for one readiness or warm-up request"},
	{.name = "warmup", OPT_AT_INT(U, warmup), .def = "3", .max = 1000,
	 .help = "requests of each modality after the first"},
	{.name = "restart", OPT_AT_CHOICE(U, restart), .choices = policies, .def = "on-failure",
	 .help = "when it ends"},
	{.name = "backoff", OPT_AT_DURATION(U, backoff_ns), .def = "1s", .min = 0.05, .max = 3600,
	 .help = "before the first restart; doubles up to 64 times"},
	{.name = "restarts", OPT_AT_INT(U, restarts_max), .def = "0", .max = 1000000,
	 .help = "restarts before it is given up; 0: no limit"},
	{.name = "proof", OPT_AT_CHOICE(U, proof), .choices = proofs, .def = "auto",
	 .help = "that the device is used; auto: an error when it is readable and idle"},
	{.name = "grace", OPT_AT_DURATION(U, grace_ns), .def = "15s", .min = 0.1, .max = 3600,
	 .help = "between SIGTERM and SIGKILL"},
	{.name = "log_max", OPT_AT_SIZE(U, log_max), .def = "64MiB", .min = 65536, .max = 1e12,
	 .help = "a longer log is kept once as FILE.1 and begun again"},
	{0},
};

static const char *beside(struct arena *a, const char *file, const char *name)
{
	CLEANUP(free_ptr) char *path = file_beside(file, name);
	return arena_str(a, path ? path : name);
}

static const char *const known_asks[] = {"text", "image", "audio"};

static int check_asks(const struct unit *u, struct err *e)
{
	for (size_t i = 0; i < u->asks.n; i++) {
		bool known = false;
		for (size_t k = 0; k < ARRAY_LEN(known_asks); k++)
			known |= strcmp(u->asks.items[i], known_asks[k]) == 0;
		if (!known)
			return yaml_err(e, u->node, "service '%s': asks has text, image and "
					"audio, not '%s'", u->name, u->asks.items[i]);
	}
	return 0;
}

static int check_recipe(struct unit *u, const struct manifest *m, struct err *e)
{
	if (!u->recipe_name)
		return 0;
	u->recipe = recipe_find(&m->recipes, u->recipe_name);
	if (!u->recipe) {
		const char *near = recipe_nearest(&m->recipes, u->recipe_name);
		return yaml_err(e, yaml_find(u->node, "recipe"), "there is no recipe '%s'%s%s%s",
				u->recipe_name, near ? "; did you mean '" : "", near ? near : "",
				near ? "'?" : "; see share/recipes.yaml");
	}
	if (u->recipe->model == MODEL_REQUIRED && !u->model)
		return yaml_err(e, u->node, "service '%s': the recipe %s needs 'model'", u->name,
				u->recipe->name);
	if (u->recipe->model == MODEL_NONE && u->model)
		return yaml_err(e, u->node, "service '%s': the recipe %s takes no model", u->name,
				u->recipe->name);
	if (u->worker_args.n > 0 && !recipe_has(u->recipe, "{worker_args}"))
		return yaml_err(e, yaml_find(u->node, "worker_args"), "the recipe %s has no Python "
				"worker: args adds words to its command", u->recipe->name);
	if (u->recipe->cpu_only && u->devices.given && !u->devices.cpu)
		return yaml_err(e, yaml_find(u->node, "devices"), "the recipe %s runs on the CPU "
				"only: leave devices out or write [cpu]", u->recipe->name);
	return 0;
}

static void from_recipe(struct unit *u)
{
	const struct recipe *r = u->recipe;
	if (!u->ready.within_ns)
		u->ready.within_ns = r ? r->ready_ns : 120 * NS_PER_S;
	if (!r)
		return;
	u->kind = u->kind ? u->kind : r->kind;
	u->protocol = u->protocol ? u->protocol : r->protocol;
	u->route = u->route ? u->route : r->route;
	u->ready.url = u->ready.url ? u->ready.url : r->health;
	if (u->asks.n == 0)
		u->asks = r->asks;
	if (r->cpu_only)
		u->devices.cpu = u->devices.given = true;
}

static int check_unit(struct unit *u, struct manifest *m, struct arena *a, struct err *e)
{
	if (!u->recipe_name == (u->command.n == 0))
		return yaml_err(e, u->node, "service '%s': give either recipe or command",
				u->name);
	if (check_recipe(u, m, e) < 0 || check_asks(u, e) < 0)
		return -1;
	from_recipe(u);
	if (u->platform == PLATFORM_CPU)
		u->devices.cpu = u->devices.given = true;
	if (!u->devices.given)
		return yaml_err(e, u->node, "service '%s': say its devices: auto, a list, or "
				"[cpu]", u->name);
	if (u->protocol && !protocol_find(u->protocol))
		return yaml_err(e, yaml_find(u->node, "protocol"), "there is no protocol '%s'",
				u->protocol);
	if (u->ready.request && !u->protocol && u->recipe)
		return yaml_err(e, u->node, "service '%s' has no protocol", u->name);
	if ((!u->protocol || !u->ready.request) && !u->ready.url)
		return yaml_err(e, u->node, "service '%s': how to see that it is ready? Give "
				"protocol (and route), or ready: {url: PATH}", u->name);
	if (u->protocol && !u->route)
		return yaml_err(e, u->node, "service '%s': protocol needs route, as \"/v1\"",
				u->name);
	if (!u->devices.cpu && !u->devices.chosen && u->devices.n % (size_t)u->replicas != 0)
		return yaml_err(e, yaml_find(u->node, "devices"), "%zu device%s cannot be shared "
				"out to %lld replicas", u->devices.n, str_plural(u->devices.n),
				(long long)u->replicas);
	if (unit_port(u, u->replicas - 1) > 65535)
		return yaml_err(e, u->node, "service '%s': the ports end at 65535", u->name);
	if (!u->model_name) {
		const char *base = u->model ? strrchr(u->model, '/') : NULL;
		u->model_name = base && base[1] ? base + 1 :
				u->model ? u->model : u->recipe ? u->recipe->name : u->name;
	}
	if (u->model && u->model[0] != '/')
		u->model = beside(a, m->path, u->model);
	/* A process starts where its file is; a container where its image says. */
	if (!u->inside.runtime || u->dir)
		u->dir = u->dir ? beside(a, m->path, u->dir) :
			 arena_strn(a, m->path, (size_t)(strrchr(m->path, '/') - m->path) + 1);
	return 0;
}

int64_t unit_port(const struct unit *u, int64_t replica)
{
	return u->port ? u->port + REPLICA_PORT_STEP * replica : 0;
}

bool unit_has_port(const struct unit *u, int64_t port)
{
	for (int64_t i = 0; u->port && i < u->replicas; i++)
		if (unit_port(u, i) == port)
			return true;
	return false;
}

static int check_ports(const struct manifest *m, struct err *e)
{
	for (size_t i = 0; i < m->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct unit *x = &m->units[i], *y = &m->units[k];
			for (int64_t r = 0; x->port && r < x->replicas; r++)
				if (unit_has_port(y, unit_port(x, r)))
					return yaml_err(e, yaml_find(x->node, "port"), "services "
							"'%s' and '%s' share port %lld", y->name,
							x->name, (long long)unit_port(x, r));
		}
	return 0;
}

static bool plain_name(const char *name)
{
	size_t ok = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
	return ok > 0 && ok <= 40 && !name[ok] && name[0] != '-';
}

static int read_units(const struct yaml_node *map, struct arena *a, struct manifest *m,
		      struct err *e)
{
	for (size_t i = 0; i < map->n; i++) {
		struct unit *u = ARENA_ADD(a, m->units, m->n);
		const struct yaml_node *node = map->pairs[i].value;
		struct optset set = {.rows = unit_options, .to = u};
		opt_defaults(unit_options, u);
		u->ready.request = true;
		u->name = map->pairs[i].key;
		u->node = node;
		if (!plain_name(u->name))
			return yaml_err(e, node, "'%s': a service's name has small letters, "
					"digits and '-', at most 40", u->name);
		if (opt_from_yaml(&set, node, "a service", a, e) < 0 ||
		    check_unit(u, m, a, e) < 0)
			return -1;
	}
	return check_ports(m, e);
}

const char *manifest_name(const char *path, struct arena *a)
{
	char real[PATH_MAX];
	char hex[HASH_HEX];
	if (!realpath(path, real))
		str_cut_copy(real, sizeof(real), path);
	hash_sha256(real, strlen(real), hex);
	const char *slash = strrchr(real, '/');
	const char *base = slash ? slash + 1 : real;
	return arena_fmt(a, "%.*s-%.8s", (int)strcspn(base, "."), base, hex);
}

int manifest_read(const char *path, struct arena *a, struct manifest *ret, struct err *e)
{
	char real[PATH_MAX];
	struct manifest m = {0};
	struct strings files = {0};
	const struct yaml_node *root = yaml_read(path, a, e);
	if (!root)
		return -1;
	if (root->kind != YAML_MAP)
		return yaml_err(e, root, "expected a map with 'deploy'");
	if (!realpath(path, real))	/* standard input has no place to start from */
		return err_sys(e, "cannot find the file '%s'", path);
	m.path = arena_str(a, real);
	m.name = manifest_name(path, a);
	const struct yaml_node *map = yaml_find(root, "deploy");
	for (size_t i = 0; i < root->n; i++) {
		const struct yaml_pair *p = &root->pairs[i];
		if (strcmp(p->key, "recipes") == 0 && p->value->kind == YAML_LIST) {
			for (size_t k = 0; k < p->value->n; k++)
				if (p->value->pairs[k].value->text)
					strings_add(&files, a, beside(a, m.path,
						p->value->pairs[k].value->text));
		} else if (strcmp(p->key, "assay") != 0 && strcmp(p->key, "deploy") != 0) {
			return yaml_err(e, p->value, "'%s' is none of assay, deploy and recipes (a "
					"list of files)", p->key);
		}
	}
	if (!map || map->kind != YAML_MAP || map->n == 0)
		return yaml_err(e, map ? map : root, "there is no map 'deploy' with services");
	if (recipes_load(&files, a, &m.recipes, e) < 0 || read_units(map, a, &m, e) < 0)
		return -1;
	*ret = m;
	return 0;
}
