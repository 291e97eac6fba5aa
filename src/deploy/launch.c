/* src/deploy/launch.c - see launch.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/launch.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "deploy/state.h"

struct filling {
	const struct launch *l;
	const char *assay, *libexec;
	struct arena *a;
};

static const char *numbers(const struct filling *f, bool from_zero)
{
	const char *text = "";
	for (size_t i = 0; i < f->l->n_devices; i++)
		text = arena_fmt(f->a, "%s%s%lld", text, i ? "," : "",
				 from_zero ? (long long)i : (long long)f->l->devices[i]);
	return text;
}

/* Inside the one word of --worker-command. */
static const char *worker_words(const struct filling *f)
{
	const struct strings *words = &f->l->unit->worker_args;
	const char *text = "";
	for (size_t i = 0; i < words->n; i++)
		text = arena_fmt(f->a, "%s '%s'", text, words->items[i]);
	return text;
}

/* The value of {name}, or NULL: no placeholder of ours (JSON has braces too). */
static const char *value_of(const struct filling *f, const char *name, size_t len)
{
	const struct launch *l = f->l;
	char word[24];
	int64_t add;
	if (len >= sizeof(word))
		return NULL;
	memcpy(word, name, len);
	word[len] = '\0';
	if (str_starts(word, "port+") && str_to_int(word + 5, &add, NULL) == 0)
		return arena_fmt(f->a, "%lld", (long long)l->port + add);
	const struct {
		const char *name, *value;
	} all[] = {
		{"port", arena_fmt(f->a, "%d", l->port)},
		{"host", l->unit->host},
		{"model", l->unit->model},
		{"name", l->unit->model_name},
		{"workers", arena_fmt(f->a, "%lld", (long long)l->unit->workers)},
		{"python", l->unit->python},
		{"worker_args", worker_words(f)},
		{"device", l->platform == PLATFORM_CPU ? "cpu" :
			   l->platform == PLATFORM_CUDA ? "cuda:0" : "npu:0"},
		{"devices", numbers(f, false)},
		{"ranks", numbers(f, true)},
		{"tp", arena_fmt(f->a, "%zu", l->n_devices ? l->n_devices : (size_t)1)},
		{"assay", f->assay},
		{"libexec", f->libexec},
		{"state", l->state},
	};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (strcmp(all[i].name, word) == 0)
			return all[i].value ? all[i].value : "";
	return NULL;
}

static const char *fill(const struct filling *f, const char *text)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	while (*text) {
		size_t plain = strcspn(text, "{");
		(void)buf_add(&out, text, plain);
		text += plain;
		if (!*text)
			break;
		size_t len = strcspn(text + 1, "{}");
		const char *value = text[1 + len] == '}' ? value_of(f, text + 1, len) : NULL;
		(void)(value ? buf_str(&out, value) : buf_char(&out, '{'));
		text += value ? len + 2 : 1;
	}
	return arena_strn(f->a, out.data ? out.data : "", out.len);
}

static void fill_all(const struct filling *f, const struct strings *from, struct strings *to)
{
	for (size_t i = 0; i < from->n; i++)
		strings_add(to, f->a, fill(f, from->items[i]));
}

/* The last one of a name wins. */
static void put_env(struct strings *env, struct arena *a, const char *pair)
{
	size_t len = strcspn(pair, "=") + 1;
	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->items[i], pair, len) == 0) {
			env->items[i] = arena_str(a, pair);
			return;
		}
	strings_add(env, a, pair);
}

static void make_env(struct launch *l, const struct filling *f, bool portable)
{
	const struct unit *u = l->unit;
	const char *ids = numbers(f, u->inside.runtime != NULL);
	for (size_t i = 0; u->recipe && i < u->recipe->env.n; i++)
		put_env(&l->env, f->a, fill(f, u->recipe->env.items[i]));
	if (l->n_devices > 0 && l->platform == PLATFORM_ASCEND)
		put_env(&l->env, f->a, arena_fmt(f->a, "ASCEND_RT_VISIBLE_DEVICES=%s", ids));
	if (l->n_devices > 0 && l->platform == PLATFORM_CUDA && !u->inside.runtime) {
		put_env(&l->env, f->a, arena_fmt(f->a, "CUDA_VISIBLE_DEVICES=%s", ids));
		/* As the driver counts; CUDA itself puts the fastest first. */
		put_env(&l->env, f->a, "CUDA_DEVICE_ORDER=PCI_BUS_ID");
	}
	for (size_t i = 0; i < u->env.n; i++)
		put_env(&l->env, f->a, fill(f, u->env.items[i]));
	if (!portable)
		put_env(&l->env, f->a, arena_fmt(f->a, DEPLOY_MARK "=%s#%s", l->state, l->id));
}

static int find_ourselves(struct filling *f, bool inside, struct err *e)
{
	char self[PATH_MAX];
	if (inside) {
		f->assay = "assay";
		f->libexec = "/usr/local/libexec/assay";
		return 0;
	}
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return err_sys(e, "cannot find this program");
	self[n] = '\0';
	f->assay = arena_str(f->a, self);
	CLEANUP(free_ptr) char *helper = file_find_worker("python/assay_worker.py");
	f->libexec = "";
	if (helper)
		f->libexec = arena_strn(f->a, helper,
					strlen(helper) - strlen("/python/assay_worker.py"));
	return 0;
}

static int check_quotes(const struct unit *u, struct err *e)
{
	const char *const texts[] = {u->model, u->python};
	bool bad = false;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		bad |= texts[i] && strpbrk(texts[i], "'\"\n");
	for (size_t i = 0; i < u->worker_args.n; i++)
		bad |= strpbrk(u->worker_args.items[i], "'\n") != NULL;
	return !bad ? 0 : yaml_err(e, u->node, "service '%s': quotes and line ends in names of "
				   "files and in worker_args are not supported", u->name);
}

static void make_urls(struct launch *l, struct arena *a)
{
	const char *host = l->unit->host;
	if (strcmp(host, "0.0.0.0") == 0)
		host = "127.0.0.1";
	l->base = strchr(host, ':') ? arena_fmt(a, "http://[%s]:%d", strcmp(host, "::") == 0 ?
						"::1" : host, l->port) :
		  arena_fmt(a, "http://%s:%d", host, l->port);
	if (l->unit->protocol)
		l->url = arena_fmt(a, "%s%s", l->base, l->unit->route);
}

static void make_devices(struct launch *l, const struct launch_place *at, struct arena *a)
{
	int64_t *phys = arena_array(a, at->n_devices + 1, sizeof(*phys));
	for (size_t i = 0; i < at->n_devices; i++) {
		const struct accel *x = accel_find(at->accels, at->devices[i]);
		phys[i] = x ? x->phys : at->devices[i];
		if (x && !l->chip)
			l->chip = x->name;
	}
	l->devices = at->devices;
	l->n_devices = at->n_devices;
	l->phys = phys;
}

int launch_make(const struct manifest *m, const struct unit *u, const struct launch_place *at,
		struct arena *a, struct launch *ret, struct err *e)
{
	struct launch l = {.unit = u, .replica = at->replica, .port = at->port,
			   .state = at->state,
			   .id = arena_fmt(a, "%s.%d", u->name, at->replica)};
	struct filling f = {.l = &l, .a = a};
	if (check_quotes(u, e) < 0 || find_ourselves(&f, u->inside.runtime != NULL, e) < 0)
		return -1;
	l.log = arena_fmt(a, "%s/%s.log", at->state, l.id);
	l.platform = accel_platform(u, at->accels);
	make_devices(&l, at, a);
	make_urls(&l, a);
	fill_all(&f, u->recipe ? &u->recipe->command : &u->command, &l.command);
	fill_all(&f, &u->args, &l.command);
	make_env(&l, &f, at->portable);
	fill_all(&f, &u->prefix, &l.words);
	if (u->inside.runtime) {
		l.container = arena_fmt(a, "assay-%s-%s-%d", m->name, u->name, at->replica);
		container_words(&l, a);
	} else {
		for (size_t i = 0; i < l.command.n; i++)
			strings_add(&l.words, a, l.command.items[i]);
	}
	*ret = l;
	return 0;
}

/* Set the value at a path of keys and indices; whole JSON values are taken as such. */
static int set_path(json_t *root, const char *path, const char *text, struct err *e)
{
	char parent[256];
	const char *dot = strrchr(path, '.');
	str_cut_copy(parent, sizeof(parent), path);
	parent[dot ? (size_t)(dot - path) : 0] = '\0';
	json_t *at = dot ? json_at(root, parent) : root;
	if (!json_is_object(at))
		return err_set(e, ERR_DATA, "the server's configuration has no '%s' where '%s' "
			       "belongs", parent, path);
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	json_put(at, dot ? dot + 1 : path, value ? value : json_string(text));
	return 0;
}

int launch_prepare(const struct launch *l, struct arena *a, struct err *e)
{
	const struct recipe *r = l->unit->recipe;
	struct filling f = {.l = l, .a = a};
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)1 << 20);
	if (!r || !r->config.from || l->container)
		return 0;
	const char *to = fill(&f, r->config.to);
	if (file_read(fill(&f, r->config.from), &text, e) < 0)
		return err_prefix(e, "service '%s': the server's own configuration: ",
				  l->unit->name);
	CLEANUP(json_unref) json_t *j = json_read(text.data ? text.data : "", text.len,
						  JSON_DEPTH_MAX, e);
	if (!j)
		return err_prefix(e, "%s: ", r->config.from);
	for (size_t i = 0; i < r->config.set.n; i++) {
		const char *pair = r->config.set.items[i];
		const char *path = arena_strn(a, pair, strcspn(pair, "="));
		if (set_path(j, path, fill(&f, pair + strlen(path) + 1), e) < 0)
			return -1;
	}
	buf_clear(&text);
	if (json_write(j, true, &text) < 0)
		return err_set(e, ERR_SYSTEM, "no memory for the server's configuration");
	if (file_write(to, text.data, text.len, e) < 0)
		return -1;
	/* MindIE refuses any other mode. */
	return chmod(to, 0640) == 0 ? 0 : err_sys(e, "cannot set the mode of '%s'", to);
}
