/* src/deploy/state.c - see state.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/util.h"
#include "monitor/proc.h"

#define STATE_BYTES_MAX ((size_t)4 << 20)
#define MARKED_MAX 4096

const char *state_root(const char *given, struct arena *a)
{
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	if (given)
		return arena_str(a, given);
	if (xdg && xdg[0] == '/')
		return arena_fmt(a, "%s/assay", xdg);
	return home && home[0] == '/' ? arena_fmt(a, "%s/.local/state/assay", home) :
	       arena_fmt(a, "/var/tmp/assay-%u", (unsigned)getuid());
}

const char *state_dir(const char *root, const char *name, struct arena *a)
{
	return arena_fmt(a, "%s/%s", root, name);
}

void state_list(const char *root, struct strings *ret, struct arena *a)
{
	DIR *d = opendir(root);
	struct dirent *entry;
	while (d && (entry = readdir(d))) {
		const char *dir = arena_fmt(a, "%s/%s", root, entry->d_name);
		if (entry->d_name[0] != '.' &&
		    access(arena_fmt(a, "%s/state.json", dir), R_OK) == 0)
			strings_add(ret, a, dir);
	}
	if (d)
		(void)closedir(d);
}

static int path_of(const char *dir, const char *name, char *out, size_t size, struct err *e)
{
	int n = snprintf(out, size, "%s/%s", dir, name);
	return n > 0 && (size_t)n < size ? 0 :
	       err_set(e, ERR_USAGE, "the state folder's name is too long");
}

json_t *state_read(const char *dir, struct err *e)
{
	char path[4096];
	CLEANUP(buf_release) struct buf text = BUF_INIT(STATE_BYTES_MAX);
	if (path_of(dir, "state.json", path, sizeof(path), e) < 0 ||
	    file_read(path, &text, e) < 0)
		return NULL;
	json_t *j = json_read(text.data ? text.data : "", text.len, JSON_DEPTH_MAX, e);
	if (!j)
		(void)err_prefix(e, "%s: ", path);
	return j;
}

int state_write(const char *dir, const json_t *state, struct err *e)
{
	char path[4096];
	CLEANUP(buf_release) struct buf text = BUF_INIT(STATE_BYTES_MAX);
	if (json_write(state, true, &text) < 0 || buf_char(&text, '\n') < 0)
		return err_set(e, ERR_SYSTEM, "no memory for the state");
	return path_of(dir, "state.json", path, sizeof(path), e) < 0 ? -1 :
	       file_write(path, text.data, text.len, e);
}

int state_lock(const char *dir, struct err *e)
{
	char path[4096];
	if (path_of(dir, "lock", path, sizeof(path), e) < 0)
		return -1;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "cannot write '%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		(void)err_set(e, ERR_SYSTEM, "this deployment is up already (assay ps shows it, "
			      "assay down ends it)");
	else
		(void)err_sys(e, "cannot lock '%s'", path);
	(void)close(fd);
	return -1;
}

bool state_locked(const char *dir)
{
	char path[4096];
	if (path_of(dir, "lock", path, sizeof(path), NULL) < 0)
		return false;
	CLEANUP(close_fd) int fd = open(path, O_RDWR | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static void boot_id(char *out, size_t size)
{
	if (proc_read(NULL, out, size, "/proc/sys/kernel/random/boot_id") < 0)
		*out = '\0';
	out[strcspn(out, "\n")] = '\0';
}

static bool start_of(pid_t pid, uint64_t *ret, char *ret_state)
{
	char text[1024];
	struct proc_stat s;
	if (proc_read(NULL, text, sizeof(text), "/proc/%d/stat", (int)pid) < 0 ||
	    !proc_parse_stat(text, &s))
		return false;
	*ret = s.start_ticks;
	*ret_state = s.state;
	return true;
}

json_t *state_process(pid_t pid)
{
	char boot[64], state;
	uint64_t start = 0;
	json_t *j = json_object();
	boot_id(boot, sizeof(boot));
	json_put_int(j, "pid", pid);
	if (start_of(pid, &start, &state))
		json_put_int(j, "start_ticks", (int64_t)start);
	json_put_text(j, "boot_id", boot);
	return j;
}

bool state_process_alive(const json_t *process, pid_t *ret_pid)
{
	char boot[64], state = 'Z';
	int64_t pid, start;
	uint64_t now = 0;
	boot_id(boot, sizeof(boot));
	if (!json_whole(process, "pid", &pid) || !json_whole(process, "start_ticks", &start) ||
	    pid <= 0 || strcmp(json_text(process, "boot_id", ""), boot) != 0 ||
	    !start_of((pid_t)pid, &now, &state) || now != (uint64_t)start || state == 'Z')
		return false;
	if (ret_pid)
		*ret_pid = (pid_t)pid;
	return true;
}

/* Does this environment (texts, each with its '\0') hold the mark? */
static bool has_mark(const char *text, size_t len, const char *dir, const char *replica)
{
	const char *end = text + len;
	static const char name[] = DEPLOY_MARK "=";
	size_t dir_len = strlen(dir);
	while (text < end) {
		size_t n = strnlen(text, (size_t)(end - text));
		if (n > sizeof(name) - 1 + dir_len && memcmp(text, name, sizeof(name) - 1) == 0) {
			const char *value = text + sizeof(name) - 1;
			const char *rest = value + dir_len;
			if (memcmp(value, dir, dir_len) == 0 && *rest == '#')
				return !replica || strcmp(rest + 1, replica) == 0;
		}
		text += n + 1;
	}
	return false;
}

size_t state_find_marked(const char *dir, const char *replica, pid_t *pids, size_t max)
{
	CLEANUP(free_ptr) char *text = NULL;
	size_t room = 0;
	size_t n = 0;
	DIR *d = opendir("/proc");
	struct dirent *entry;
	while (d && (entry = readdir(d))) {
		int64_t pid;
		if (str_to_int(entry->d_name, &pid, NULL) < 0 || pid == getpid())
			continue;
		ssize_t len = proc_read_all(NULL, &text, &room, "/proc/%d/environ", (int)pid);
		if (len <= 0 || !has_mark(text, (size_t)len, dir, replica))
			continue;
		if (n < max)
			pids[n] = (pid_t)pid;
		n++;
	}
	if (d)
		(void)closedir(d);
	return n;
}

static size_t signal_marked(const char *dir, const char *replica, int sig)
{
	pid_t pids[MARKED_MAX];
	size_t n = state_find_marked(dir, replica, pids, MARKED_MAX);
	for (size_t i = 0; i < MIN(n, (size_t)MARKED_MAX); i++) {
		if (getpgid(pids[i]) == pids[i])
			(void)kill(-pids[i], sig);
		(void)kill(pids[i], sig);
	}
	return n;
}

size_t state_end_marked(const char *dir, const char *replica, uint64_t grace_ns)
{
	uint64_t until = clock_now() + grace_ns;
	size_t left = signal_marked(dir, replica, SIGTERM);
	while (left > 0 && clock_now() < until) {
		(void)clock_sleep_until(clock_now() + 20 * NS_PER_MS);
		left = state_find_marked(dir, replica, NULL, 0);
	}
	/* What has just been started by one that dies is found by the next round. */
	until = clock_now() + 5 * NS_PER_S;
	while (left > 0 && clock_now() < until) {
		(void)signal_marked(dir, replica, SIGKILL);
		(void)clock_sleep_until(clock_now() + 20 * NS_PER_MS);
		left = state_find_marked(dir, replica, NULL, 0);
	}
	return left;
}
