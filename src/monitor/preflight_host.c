/* src/monitor/preflight_host.c - preflight: limits, space, network, tuning, tools.
 * SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/str.h"
#include "base/util.h"
#include "monitor/preflight.h"
#include "monitor/proc.h"

#define GIB (1024.0 * 1024 * 1024)

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	while (path && *path) {
		char full[PATH_MAX];
		size_t len = strcspn(path, ":");
		(void)snprintf(full, sizeof(full), "%.*s/%s", (int)len, path, program);
		if (access(full, X_OK) == 0)
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

static void check_shm(struct preflight *p, const struct preflight_check *c)
{
	const char *path = preflight_path(p, "/dev/shm");
	bool duo = p->chip && strstr(p->chip->name, "Duo");
	double need = (duo ? 10 : 1) * GIB;
	struct statvfs s;
	if (statvfs(path, &s) < 0) {
		preflight_add(p, c, FINDING_FAIL, "there is no /dev/shm", path,
			      "mount a tmpfs there; in a container: --shm-size");
		return;
	}
	double size = (double)s.f_blocks * (double)s.f_frsize;
	double left = (double)s.f_bavail * (double)s.f_frsize;
	if (size < need || left < need / 2)
		preflight_add(p, c, FINDING_WARN,
			      arena_fmt(p->arena, "/dev/shm has %.2f GiB, %.2f of them free; %.0f "
					"are asked for", size / GIB, left / GIB, need / GIB), path,
			      duo ? "in a container: --shm-size=10g" :
				    "in a container: --shm-size=1g; remove files left over there");
}

/* What ended services left in shared memory takes room from the next one. */
static void check_leftovers(struct preflight *p, const struct preflight_check *c)
{
	const char *path = preflight_path(p, "/dev/shm");
	DIR *d = opendir(path);
	struct dirent *entry;
	double bytes = 0;
	int n = 0;
	while (d && (entry = readdir(d))) {
		struct stat st;
		if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_blocks > 0) {
			bytes += (double)st.st_blocks * 512;
			n++;
		}
	}
	if (d)
		(void)closedir(d);
	if (bytes >= 64 * 1048576)
		preflight_add(p, c, FINDING_WARN,
			      arena_fmt(p->arena, "%d file%s in /dev/shm: %.2f GiB", n,
					str_plural((uint64_t)n), bytes / GIB), path,
			      "remove those that no process has open (fuser -v /dev/shm/*)");
}

static void check_rlimit(struct preflight *p, const struct preflight_check *c, int which,
			 const char *letter, double least, const char *unit)
{
	struct rlimit r;
	if (getrlimit((unsigned)which, &r) < 0 || r.rlim_cur == RLIM_INFINITY ||
	    (double)r.rlim_cur >= least)
		return;
	preflight_add(p, c, FINDING_WARN,
		      arena_fmt(p->arena, "ulimit %s is %.0f%s; %.0f are wise", letter,
				(double)r.rlim_cur, unit, least), "getrlimit",
		      arena_fmt(p->arena, "ulimit %s, /etc/security/limits.conf, or --ulimit for a "
				"container", letter));
}

static void check_space(struct preflight *p, const struct preflight_check *c, const char *path,
			double least)
{
	struct statvfs s;
	if (statvfs(path, &s) == 0 && (double)s.f_bavail * (double)s.f_frsize < least)
		preflight_add(p, c, FINDING_WARN,
			      arena_fmt(p->arena, "%.1f GiB are free for logs and caches in %s",
					(double)s.f_bavail * (double)s.f_frsize / GIB, path),
			      "statvfs", "make room, or work in another folder");
}

void check_limits(struct preflight *p, const struct preflight_check *c)
{
	size_t before = p->n;
	check_shm(p, c);
	check_leftovers(p, c);
	check_rlimit(p, c, RLIMIT_NOFILE, "-n", 4096, "");
	check_rlimit(p, c, RLIMIT_NPROC, "-u", 4096, "");
	if (p->platform != PLATFORM_CPU)
		check_rlimit(p, c, RLIMIT_MEMLOCK, "-l", 64 * 1048576, " bytes");
	check_space(p, c, ".", 5 * GIB);
	if (access(".", W_OK) != 0)
		preflight_add(p, c, FINDING_WARN, "the working folder cannot be written",
			      "access(\".\")", p->platform == PLATFORM_ASCEND ?
			      "CANN writes kernel_meta there: work in another folder" :
			      "work in another folder");
	if (p->n == before)
		preflight_add(p, c, FINDING_OK, "limits, /dev/shm and space suffice",
			      "getrlimit, statvfs", NULL);
}

static void check_port(struct preflight *p, const struct preflight_check *c)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)p->spec->port)};
	CLEANUP(close_fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;
	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		preflight_add(p, c, FINDING_FAIL,
			      arena_fmt(p->arena, "port %lld cannot be used: %s",
					(long long)p->spec->port, strerror(errno)), "bind",
			      "choose another port, or end what holds it (ss -ltnp)");
}

static const char *const runtimes[] = {"docker", "podman", "nerdctl"};

static void check_image(struct preflight *p, const struct preflight_check *c, const char *runtime)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(65536);
	const char *argv[] = {runtime, "image", "inspect", "--format", "{{.Id}}", p->spec->image,
			      NULL};
	const char *seen = arena_fmt(p->arena, "%s image inspect %s", runtime, p->spec->image);
	int status = 0;
	if (process_run(argv, NULL, 30 * NS_PER_S, true, &out, &status, NULL) < 0)
		preflight_add(p, c, FINDING_UNKNOWN,
			      arena_fmt(p->arena, "%s does not answer", runtime), seen,
			      "is its daemon running, and may this user ask it?");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		preflight_add(p, c, FINDING_OK,
			      arena_fmt(p->arena, "the image %s is here", p->spec->image), seen,
			      NULL);
	else
		preflight_add(p, c, FINDING_FAIL,
			      arena_fmt(p->arena, "the image %s is not here, or cannot be asked "
					"for", p->spec->image), seen,
			      arena_fmt(p->arena, "%s pull %s", runtime, p->spec->image));
}

void check_network(struct preflight *p, const struct preflight_check *c)
{
	size_t before = p->n;
	if (p->spec->port)
		check_port(p, c);
	const char *forward = preflight_line(p, "/proc/sys/net/ipv4/ip_forward");
	const char *runtime = NULL;
	for (size_t i = 0; i < ARRAY_LEN(runtimes) && !runtime; i++)
		runtime = in_path(runtimes[i]) ? runtimes[i] : NULL;
	if (forward && strcmp(forward, "1") != 0 && runtime)
		preflight_add(p, c, FINDING_WARN, "containers have no way out: ip_forward is off",
			      "/proc/sys/net/ipv4/ip_forward", "sysctl -w net.ipv4.ip_forward=1");
	const char *master = getenv("MASTER_PORT");
	if (master)
		preflight_add(p, c, FINDING_WARN,
			      arena_fmt(p->arena, "MASTER_PORT=%s is set for all services", master),
			      "$MASTER_PORT", "give each service its own");
	if (!runtime)
		preflight_add(p, c, FINDING_UNKNOWN, "no container runtime is in PATH", "$PATH",
			      "install docker or podman when services run in containers");
	if (runtime && p->spec->image && !p->spec->no_programs)
		check_image(p, c, runtime);
	if (p->n == before)
		preflight_add(p, c, FINDING_OK, "ports, forwarding and container runtime are fine",
			      "bind, /proc/sys, $PATH", NULL);
}

void check_tuning(struct preflight *p, const struct preflight_check *c)
{
	static const struct {
		const char *path, *want, *what, *todo;
	} rows[] = {
		{"/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance",
		 "the CPU governor is", "cpupower frequency-set -g performance"},
		{"/proc/sys/vm/swappiness", "0", "vm.swappiness is", "sysctl -w vm.swappiness=0"},
		{"/proc/sys/kernel/numa_balancing", "0", "kernel.numa_balancing is",
		 "sysctl -w kernel.numa_balancing=0"},
	};
	size_t before = p->n;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *line = preflight_line(p, rows[i].path);
		if (line && strcmp(line, rows[i].want) != 0)
			preflight_add(p, c, FINDING_WARN,
				      arena_fmt(p->arena, "%s %s; %s is steadier", rows[i].what,
						line, rows[i].want), rows[i].path, rows[i].todo);
	}
	if (p->n == before)
		preflight_add(p, c, FINDING_OK, "nothing to tune that can be seen",
			      "/proc/sys, /sys/devices/system/cpu", NULL);
}

static void check_module(struct preflight *p, const struct preflight_check *c, const char *name)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(4096);
	const char *code = arena_fmt(p->arena, "import importlib.util as u, sys; "
				     "sys.exit(u.find_spec('%s') is None)", name);
	const char *argv[] = {"python3", "-c", code, NULL};
	int status = 0;
	if (process_run(argv, NULL, 10 * NS_PER_S, true, &out, &status, NULL) < 0)
		preflight_add(p, c, FINDING_UNKNOWN, "python3 cannot be asked", "python3",
			      "needed only where Python serves the model");
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		preflight_add(p, c, FINDING_WARN,
			      arena_fmt(p->arena, "Python has no module %s", name),
			      "python3 -c 'import …'",
			      arena_fmt(p->arena, "pip install %s, where Python serves audio",
					name));
}

void check_audio(struct preflight *p, const struct preflight_check *c)
{
	size_t before = p->n;
	if (!in_path("ffmpeg"))
		preflight_add(p, c, FINDING_WARN, "ffmpeg is not in PATH", "$PATH",
			      "install it where compressed audio is served");
	if (!p->spec->no_programs) {
		check_module(p, c, "librosa");
		check_module(p, c, "soundfile");
	}
	if (p->n == before)
		preflight_add(p, c, FINDING_OK, "ffmpeg, librosa and soundfile are there",
			      "$PATH, python3", NULL);
}
