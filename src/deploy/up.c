/* src/deploy/up.c - see up.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/up.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "base/stop.h"
#include "deploy/deploy.h"
#include "deploy/state.h"
#include "deploy/supervisor.h"

#define TAKEN_MAX 1024
#define MB 1048576.

static int choose_port(const struct unit *u, int replica, const struct up_plan *p, struct err *e)
{
	if (u->port)
		return (int)unit_port(u, replica);
	if (!p->dir)
		return yaml_err(e, u->node, "service '%s': a rendered file needs its port",
				u->name);
	for (int tries = 0; tries < 100; tries++) {
		int port = deploy_free_port(e);
		bool used = port < 0;
		for (size_t i = 0; i < p->n; i++)
			used |= p->launches[i].port == port;
		for (size_t i = 0; i < p->manifest->n; i++)
			used |= unit_has_port(&p->manifest->units[i], port);
		if (!used || port < 0)
			return port;
	}
	return err_set(e, ERR_SYSTEM, "no free port was found");
}

static bool wants_devices(const struct manifest *m, bool rendering)
{
	for (size_t i = 0; i < m->n; i++)
		if (!m->units[i].devices.cpu && (!rendering || m->units[i].devices.chosen))
			return true;
	return false;
}

static int make_unit(struct up_plan *p, const struct unit *u, struct arena *a, int64_t *taken,
		     size_t *n_taken, struct err *e)
{
	int64_t *ids;
	size_t per;
	if (accel_place(u, &p->accels, a, &ids, &per, taken, n_taken, TAKEN_MAX, e) < 0)
		return -1;
	for (int i = 0; i < (int)u->replicas; i++) {
		int port = choose_port(u, i, p, e);
		if (port < 0)
			return -1;
		struct launch_place at = {
			.replica = i, .port = port, .devices = ids + (size_t)i * per,
			.n_devices = per, .accels = &p->accels,
			.state = p->dir ? p->dir : "/var/lib/assay", .portable = !p->dir,
		};
		struct launch *l = ARENA_ADD(a, p->launches, p->n);
		if (launch_make(p->manifest, u, &at, a, l, e) < 0)
			return -1;
	}
	return 0;
}

int up_make(const struct manifest *m, const char *dir, struct arena *a, struct up_plan *ret,
	    struct err *e)
{
	struct up_plan p = {.manifest = m, .dir = dir};
	int64_t taken[TAKEN_MAX];
	size_t n_taken = 0;
	if (wants_devices(m, !dir) && accels_read(a, &p.accels, e) < 0)
		return -1;
	/* Those that name their devices come first; auto takes of what is left. */
	for (size_t i = 0; i < m->n; i++)
		for (size_t k = 0; !m->units[i].devices.chosen && k < m->units[i].devices.n; k++)
			if (n_taken < TAKEN_MAX)
				taken[n_taken++] = m->units[i].devices.ids[k];
	for (size_t i = 0; i < m->n; i++)
		if (make_unit(&p, &m->units[i], a, taken, &n_taken, e) < 0)
			return -1;
	*ret = p;
	return 0;
}

/* The child: nothing of it may write to the caller's terminal. */
static void be_supervisor(const struct up_plan *p, int lock)
{
	struct err e;
	char log[4096];
	struct supervision s = {.manifest = p->manifest, .dir = p->dir, .lock_fd = lock,
				.launches = p->launches, .n = p->n, .before = &p->accels};
	(void)setsid();
	stop_reset();
	stop_install();
	(void)snprintf(log, sizeof(log), "%s/supervisor.log", p->dir);
	int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int in = open("/dev/null", O_RDWR | O_CLOEXEC);
	(void)dup2(in, 0);
	(void)dup2(out >= 0 ? out : in, 1);
	(void)dup2(out >= 0 ? out : in, 2);
	if (chdir("/") < 0)
		_exit(3);
	if (supervise(&s, &e) < 0) {
		(void)dprintf(2, "assay: %s\n", e.text);
		_exit(3);
	}
	_exit(0);
}

int up_start(const struct up_plan *p, pid_t *ret_supervisor, struct err *e)
{
	pid_t pids[8];
	char old[4096];
	if (file_make_dirs(p->dir, e) < 0)
		return -1;
	CLEANUP(close_fd) int lock = state_lock(p->dir, e);
	if (lock < 0)
		return -1;
	size_t n = state_find_marked(p->dir, NULL, pids, ARRAY_LEN(pids));
	if (n > 0)
		return err_set(e, ERR_SYSTEM, "this deployment has processes without a supervisor "
			       "(%zu, pid %d …): assay down ends them", n, (int)pids[0]);
	/* An old state must not be taken for that of this one. */
	(void)snprintf(old, sizeof(old), "%s/state.json", p->dir);
	(void)unlink(old);
	pid_t pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot start the supervisor");
	if (pid == 0)
		be_supervisor(p, lock);
	*ret_supervisor = pid;
	return 0;
}

/* Ask the supervisor to end all, and wait for it. */
static void end_supervisor(const char *dir, const json_t *state)
{
	pid_t pid;
	double grace = 0;
	const json_t *services = json_object_get(state, "services");
	if (!state_process_alive(json_object_get(state, "supervisor"), &pid))
		return;
	for (size_t i = 0; i < json_array_size(services); i++) {
		double one;
		if (json_number(json_array_get(services, i), "grace_s", &one))
			grace = fmax(grace, one);
	}
	(void)kill(pid, SIGTERM);
	uint64_t until = clock_now() + (uint64_t)((grace + 40) * 1e9);
	while (state_locked(dir) && clock_now() < until)
		(void)clock_sleep_until(clock_now() + 10 * NS_PER_MS);
	if (state_locked(dir))
		(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, state_locked(dir) ? WNOHANG : 0);	/* when it is our child */
}

static void remove_containers(const json_t *state)
{
	const json_t *services = json_object_get(state, "services");
	for (size_t i = 0; i < json_array_size(services); i++) {
		const json_t *s = json_array_get(services, i);
		const char *name = json_text(s, "container", NULL);
		const char *runtime = json_text(s, "runtime", NULL);
		CLEANUP(buf_release) struct buf out = BUF_INIT(4096);
		int status;
		const char *argv[] = {runtime, "rm", "--force", name, NULL};
		if (name && runtime)
			(void)process_run(argv, NULL, 60 * NS_PER_S, true, &out, &status, NULL);
	}
}

/* Memory above what was used before the deployment came, on the devices it had; 0: none. */
static double still_used(const json_t *state, const struct accels *now,
			 const char **ret_label)
{
	double worst = 0;
	const json_t *services = json_object_get(state, "services");
	for (size_t i = 0; i < json_array_size(services); i++) {
		const json_t *devices = json_object_get(json_array_get(services, i), "devices");
		for (size_t k = 0; k < json_array_size(devices); k++) {
			double idle;
			int64_t id;
			const json_t *d = json_array_get(devices, k);
			if (!json_number(d, "idle_bytes", &idle) || !json_whole(d, "id", &id))
				continue;
			const struct accel *x = accel_find(now, id);
			double more = x ? x->used - idle : NAN;
			if (more > 256 * MB && more > worst) {
				worst = more;
				*ret_label = x->label;
			}
		}
	}
	return worst;
}

static bool had_devices(const json_t *state)
{
	const json_t *services = json_object_get(state, "services");
	for (size_t i = 0; i < json_array_size(services); i++)
		if (json_array_size(json_object_get(json_array_get(services, i), "devices")) > 0)
			return true;
	return false;
}

static void check_memory(const json_t *state, struct arena *a, struct down_report *ret)
{
	uint64_t until = clock_now() + 10 * NS_PER_S;
	const char *label = "";
	double more = 0;
	struct accels now;
	struct err e;
	if (!had_devices(state))
		return;
	do {
		if (accels_read(a, &now, &e) < 0 || now.n == 0) {
			strings_add(&ret->notes, a, "the devices cannot be read: whether their "
				    "memory is free again is not known");
			return;
		}
		more = still_used(state, &now, &label);
	} while (more > 0 && clock_now() < until &&
		 clock_sleep_until(clock_now() + NS_PER_S / 2) == 0);
	if (more > 0)
		strings_add(&ret->notes, a, arena_fmt(a, "%s: %.0f MiB more are used than before "
				"the deployment came up (by whom: npu-smi info, or fuser -v "
				"/dev/davinci*)",
				label, more / MB));
}

int down_all(const char *dir, struct arena *a, struct down_report *ret, struct err *e)
{
	uint64_t begin = clock_now();
	*ret = (struct down_report){0};
	CLEANUP(json_unref) json_t *state = state_read(dir, e);
	ret->found = state_find_marked(dir, NULL, NULL, 0);
	if (!state && ret->found == 0)
		return err_set(e, ERR_SYSTEM, "there is no deployment '%s': it is not up", dir);
	end_supervisor(dir, state);
	remove_containers(state);
	ret->left = state_end_marked(dir, NULL, 5 * NS_PER_S);
	if (ret->left > 0)
		strings_add(&ret->notes, a, arena_fmt(a, "%zu %s cannot be ended (in the kernel, "
				"perhaps in a driver): see ps -eo pid,stat,wchan,cmd", ret->left,
				ret->left == 1 ? "process" : "processes"));
	ret->seconds = ns_to_s(clock_now() - begin);
	check_memory(state, a, ret);
	const char *path = arena_fmt(a, "%s/state.json", dir);
	if (ret->left == 0 && unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, "cannot remove '%s'", path);
	return 0;
}

json_t *up_state(const char *dir, struct err *e)
{
	json_t *state = state_read(dir, e);
	if (!state)
		return NULL;
	json_t *supervisor = json_object_get(state, "supervisor");
	bool watched = state_process_alive(supervisor, NULL);
	if (json_is_object(supervisor))
		json_put_bool(supervisor, "alive", watched);
	json_t *services = json_object_get(state, "services");
	for (size_t i = 0; i < json_array_size(services); i++) {
		json_t *s = json_array_get(services, i);
		bool alive = state_process_alive(json_object_get(s, "process"), NULL);
		json_put_bool(s, "alive", alive);
		/* What the file says of states was true while somebody watched. */
		if (!watched)
			json_put_text(s, "state", alive ? "unsupervised" : "dead");
	}
	return state;
}

const char *up_summary(const json_t *state)
{
	static const char *const worst_first[] = {"dead", "failed", "unsupervised", "backoff",
						  "starting", "warming", "stopped"};
	const json_t *services = json_object_get(state, "services");
	for (size_t k = 0; k < ARRAY_LEN(worst_first); k++)
		for (size_t i = 0; i < json_array_size(services); i++)
			if (strcmp(json_text(json_array_get(services, i), "state", "dead"),
				   worst_first[k]) == 0)
				return worst_first[k];
	return "ready";
}
