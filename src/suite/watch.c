/* src/suite/watch.c - see watch.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "base/util.h"
#include "client/client.h"
#include "http/url.h"
#include "monitor/page.h"
#include "monitor/proc.h"
#include "monitor/tree.h"

#define PAGE_MAX   ((size_t)4 << 20)
#define PAGE_NS    (2 * NS_PER_S)
#define LISTEN     0x0a

struct watch {
	const struct service *service;
	struct url url;
	pid_t pid;
	struct tree tree;
	char metrics[URL_PATH_MAX + URL_HOST_MAX];	/* URL; "": none */
	char log[512];				/* path; "": none */
	char temp[512];				/* folder; "": not known, or one that all use */
};

static bool is_loopback(const char *host)
{
	return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0 ||
	       strcmp(host, "::1") == 0;
}

/* The inode of the socket that listens on the port; 0: there is none. */
static unsigned long listening(const char *table, unsigned port)
{
	CLEANUP(free_ptr) char *text = NULL;
	size_t room = 0;
	if (proc_read_all("/", &text, &room, "%s", table) < 0)
		return 0;
	for (char *line = strchr(text, '\n'); line; line = strchr(line + 1, '\n')) {
		unsigned local;
		unsigned state;
		unsigned long inode;
		if (sscanf(line + 1, "%*d: %*[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*s %*s %lu",
			   &local, &state, &inode) == 3 &&
		    local == port && state == LISTEN)
			return inode;
	}
	return 0;
}

static bool holds(const char *pid, unsigned long inode)
{
	char want[64];
	char path[64];
	char target[64];
	bool found = false;
	(void)snprintf(want, sizeof(want), "socket:[%lu]", inode);
	(void)snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	DIR *d = opendir(path);
	for (struct dirent *at; d && !found && (at = readdir(d));) {
		ssize_t n = readlinkat(dirfd(d), at->d_name, target, sizeof(target) - 1);
		if (n > 0) {
			target[n] = '\0';
			found = strcmp(target, want) == 0;
		}
	}
	if (d)
		(void)closedir(d);
	return found;
}

/* Who listens there; of a server and the children that share its socket the first one. */
static pid_t find_listener(unsigned port)
{
	unsigned long inode = listening("/proc/net/tcp", port);
	pid_t best = 0;
	if (inode == 0)
		inode = listening("/proc/net/tcp6", port);
	DIR *d = inode ? opendir("/proc") : NULL;
	for (struct dirent *at; d && (at = readdir(d));) {
		pid_t pid = (pid_t)strtol(at->d_name, NULL, 10);
		if (pid > 0 && pid != getpid() && (best == 0 || pid < best) &&
		    holds(at->d_name, inode))
			best = pid;
	}
	if (d)
		(void)closedir(d);
	return best;
}

/* The file that its standard error, or output, goes to. */
static void find_log(struct watch *w)
{
	w->log[0] = '\0';
	for (int fd = 2; w->pid > 0 && fd >= 1 && !w->log[0]; fd--) {
		char path[64];
		struct stat st;
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)w->pid, fd);
		ssize_t n = readlink(path, w->log, sizeof(w->log) - 1);
		w->log[MAX(n, 0)] = '\0';
		if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
			w->log[0] = '\0';
	}
}

/* TMPDIR of its environment. What others put into /tmp meanwhile would be taken for its own. */
static void find_temp(struct watch *w)
{
	static const char key[] = "TMPDIR=";
	CLEANUP(free_ptr) char *all = NULL;
	size_t room = 0;
	ssize_t n = w->pid > 0 ? proc_read_all("/", &all, &room, "/proc/%d/environ", (int)w->pid)
			       : -1;
	w->temp[0] = '\0';
	for (const char *at = all; n > 0 && at < all + n; at += strlen(at) + 1)
		if (str_starts(at, key))
			str_cut_copy(w->temp, sizeof(w->temp), at + sizeof(key) - 1);
	if (strcmp(w->temp, "/tmp") == 0 || strcmp(w->temp, "/var/tmp") == 0)
		w->temp[0] = '\0';
}

static double count_files(const char *folder)
{
	double n = 0;
	DIR *d = opendir(folder);
	if (!d)
		return NAN;
	for (struct dirent *at; (at = readdir(d));)
		n += at->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static bool page_has_running(struct watch *w)
{
	struct usage u = {.running = NAN};
	watch_read(w, &u);
	return !isnan(u.running) || !isnan(u.rss);
}

struct watch *watch_new(const struct service *s, pid_t pid)
{
	struct watch *w = calloc(1, sizeof(*w));
	struct err e;
	if (!w)
		return NULL;
	w->service = s;
	if (s->urls.n != 1 || url_parse(s->urls.items[0], &w->url, &e) < 0)
		return w;
	watch_again(w, pid ? pid : (pid_t)s->pid);
	if (s->monitor)
		(void)snprintf(w->metrics, sizeof(w->metrics), "%s", s->monitor);
	else if (!s->header_lines || !s->header_lines[0])
		(void)snprintf(w->metrics, sizeof(w->metrics), "%s://%s/metrics",
			       w->url.tls ? "https" : "http", w->url.authority);
	if (w->metrics[0] && !page_has_running(w))
		w->metrics[0] = '\0';
	return w;
}

struct watch *watch_free(struct watch *w)
{
	if (w)
		tree_release(&w->tree);
	free(w);
	return NULL;
}

pid_t watch_pid(const struct watch *w)
{
	return w->pid;
}

void watch_again(struct watch *w, pid_t pid)
{
	w->pid = pid > 0 || !is_loopback(w->url.host) ? pid : find_listener(w->url.port);
	find_log(w);
	find_temp(w);
}

bool watch_gone(struct watch *w)
{
	char text[1024];
	struct proc_stat s;
	if (w->pid <= 0)
		return false;
	return proc_read("/", text, sizeof(text), "/proc/%d/stat", (int)w->pid) < 0 ||
	       !proc_parse_stat(text, &s) || s.state == 'Z';
}

static void add(double *to, double value)
{
	*to = isnan(*to) ? value : *to + value;
}

static void read_process(struct usage *u, pid_t pid, double page_size)
{
	char text[4096];
	struct proc_stat s;
	if (proc_read("/", text, sizeof(text), "/proc/%d/stat", (int)pid) < 0 ||
	    !proc_parse_stat(text, &s) || s.state == 'Z')
		return;
	double rss = (double)s.rss_pages * page_size;
	double peak = NAN;
	add(&u->rss, rss);
	add(&u->threads, (double)s.threads);
	if (proc_read("/", text, sizeof(text), "/proc/%d/status", (int)pid) > 0)
		peak = proc_value(text, "VmHWM:") * 1024;
	add(&u->peak, isnan(peak) ? rss : MAX(peak, rss));
	long fds = tree_count_fds("/", pid);
	if (fds >= 0)
		add(&u->fds, (double)fds);
}

static void read_page(struct watch *w, struct usage *u)
{
	static const char *const counts[] = {
		"num_requests_running", "num_requests_waiting", "num_running_reqs",
		"num_queue_reqs", "requests_processing", "requests_deferred",
		"assay_worker_running", "assay_worker_waiting",
	};
	CLEANUP(buf_release) struct buf body = BUF_INIT(PAGE_MAX);
	struct get_reply reply = {0};
	struct page_sample s;
	if (client_get_url(w->metrics, PAGE_NS, &body, &reply, NULL) < 0 || reply.status != 200 ||
	    !body.data)
		return;
	struct page_cursor at = {body.data, body.data + body.len};
	while (page_next(&at, &s)) {
		for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
			size_t n = strlen(counts[i]);
			if (s.name.len >= n &&
			    memcmp(s.name.data + s.name.len - n, counts[i], n) == 0)
				add(&u->running, s.value);
		}
		if (w->pid == 0 && span_is(s.name, "process_resident_memory_bytes"))
			u->rss = s.value;
		if (w->pid == 0 && span_is(s.name, "process_open_fds"))
			u->fds = s.value;
	}
}

void watch_read(struct watch *w, struct usage *ret)
{
	struct socket_counts sockets;
	struct stat st;
	*ret = (struct usage){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	if (w->pid > 0 && tree_find(&w->tree, "/", w->pid) == 0) {
		for (size_t i = 0; i < w->tree.n; i++)
			read_process(ret, w->tree.pids[i], (double)sysconf(_SC_PAGESIZE));
		if (w->tree.n && tree_count_sockets(&w->tree, "/", &sockets) == 0)
			ret->close_wait = (double)sockets.close_wait;
	}
	if (w->log[0] && stat(w->log, &st) == 0)
		ret->log_bytes = (double)st.st_size;
	if (w->temp[0])
		ret->temp_files = count_files(w->temp);
	if (w->metrics[0])
		read_page(w, ret);
}

void watch_reset_peak(struct watch *w)
{
	if (w->pid <= 0 || tree_find(&w->tree, "/", w->pid) < 0)
		return;
	for (size_t i = 0; i < w->tree.n; i++) {
		char path[64];
		(void)snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)w->tree.pids[i]);
		CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0)
			(void)file_write_all(fd, "5", 1);
	}
}

void watch_log_tail(const struct watch *w, double from, char *out, size_t size)
{
	out[0] = '\0';
	CLEANUP(close_fd) int fd = w->log[0] ? open(w->log, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0 || isnan(from))
		return;
	ssize_t n = pread(fd, out, size - 1, (off_t)from);
	out[MAX(n, 0)] = '\0';
}
