/* src/monitor/tree.c - see tree.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/tree.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/util.h"
#include "monitor/proc.h"

#define PIDS_MAX 4096
#define INODES_MAX ((size_t)1 << 20)

void tree_release(struct tree *t)
{
	free(t->pids);
	free(t->text);
	memset(t, 0, sizeof(*t));
}

static int add_pid(struct tree *t, pid_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->pids[i] == pid)
			return 0;
	if (t->n == t->room) {
		size_t room = t->room ? t->room * 2 : 32;
		pid_t *more = t->room < PIDS_MAX ? reallocarray(t->pids, room, sizeof(*more))
						 : NULL;
		if (!more)
			return -1;
		t->pids = more;
		t->room = room;
	}
	t->pids[t->n++] = pid;
	return 0;
}

static DIR *open_dir(const char *root, pid_t pid, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/proc/%d/%s", root ? root : "", (int)pid, name);
	return n > 0 && (size_t)n < sizeof(path) ? opendir(path) : NULL;
}

static void close_dir(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

/* Add the children that the kernel lists for each thread. 0: listed, 1: this kernel (built
 * without CONFIG_PROC_CHILDREN) has no such list, -1: no memory. */
static int add_listed(struct tree *t, const char *root, pid_t pid)
{
	CLEANUP(close_dir) DIR *d = open_dir(root, pid, "task");
	struct dirent *entry;
	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		if (proc_read_all(root, &t->text, &t->text_room, "/proc/%d/task/%s/children",
				  (int)pid, entry->d_name) < 0) {
			if (errno == ENOENT && strtol(entry->d_name, NULL, 10) == pid)
				return 1;
			continue;	/* the thread ended */
		}
		char *at = t->text;
		char *end;
		for (long child; (child = strtol(at, &end, 10)) > 0 && end > at; at = end)
			if (add_pid(t, (pid_t)child) < 0)
				return -1;
	}
	return 0;
}

static pid_t parent_of(const char *root, const char *pid)
{
	char text[1024];
	int parent;
	if (proc_read(root, text, sizeof(text), "/proc/%s/stat", pid) < 0)
		return -1;
	const char *at = strrchr(text, ')');
	return at && sscanf(at + 1, " %*c %d", &parent) == 1 ? parent : -1;
}

/* The slow way: look at every process until no more descendant is found. */
static int add_by_parent(struct tree *t, const char *root)
{
	size_t before;
	do {
		before = t->n;
		char path[PATH_MAX];
		(void)snprintf(path, sizeof(path), "%s/proc", root ? root : "");
		CLEANUP(close_dir) DIR *d = opendir(path);
		struct dirent *entry;
		while (d && (entry = readdir(d))) {
			long pid = strtol(entry->d_name, NULL, 10);
			pid_t parent = pid > 0 ? parent_of(root, entry->d_name) : -1;
			for (size_t i = 0; parent > 0 && i < t->n; i++)
				if (t->pids[i] == parent && add_pid(t, (pid_t)pid) < 0)
					return -1;
		}
	} while (t->n > before);
	return 0;
}

int tree_find(struct tree *t, const char *root, pid_t pid)
{
	char text[16];
	t->n = 0;
	if (proc_read(root, text, sizeof(text), "/proc/%d/stat", (int)pid) < 0)
		return 0;
	if (add_pid(t, pid) < 0)
		return -1;
	for (size_t i = 0; i < t->n; i++) {
		int rc = add_listed(t, root, t->pids[i]);
		if (rc < 0)
			return -1;
		if (rc == 1)
			return add_by_parent(t, root);
	}
	return 0;
}

long tree_count_fds(const char *root, pid_t pid)
{
	CLEANUP(close_dir) DIR *d = open_dir(root, pid, "fd");
	if (!d)
		return -1;
	long n = 0;
	struct dirent *entry;
	while ((entry = readdir(d)))
		n += entry->d_name[0] != '.';
	return n;
}

struct inodes {
	unsigned long *items;
	size_t n, room;
};

static void free_inodes(struct inodes *i)
{
	free(i->items);
}

static int compare(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;
	return (x > y) - (x < y);
}

/* Inodes of the sockets that a process holds. */
static int add_inodes(struct inodes *all, const char *root, pid_t pid)
{
	CLEANUP(close_dir) DIR *d = open_dir(root, pid, "fd");
	if (!d)
		return -1;
	struct dirent *entry;
	while ((entry = readdir(d))) {
		char target[64];
		unsigned long inode;
		ssize_t n = readlinkat(dirfd(d), entry->d_name, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) != 1)
			continue;
		if (all->n == all->room) {
			size_t room = all->room ? all->room * 2 : 256;
			unsigned long *more = room <= INODES_MAX ?
				reallocarray(all->items, room, sizeof(*more)) : NULL;
			if (!more)
				return -1;
			all->items = more;
			all->room = room;
		}
		all->items[all->n++] = inode;
	}
	return 0;
}

/* States as the kernel numbers them (include/net/tcp_states.h). */
static void count_states(const char *text, const struct inodes *held, struct socket_counts *ret)
{
	const char *line = strchr(text, '\n');	/* after the header */
	while (line && *++line) {
		unsigned state;
		unsigned long inode;
		if (sscanf(line, " %*d: %*s %*s %x %*s %*s %*s %*u %*d %lu", &state,
			   &inode) == 2 &&
		    held->n && bsearch(&inode, held->items, held->n, sizeof(inode), compare)) {
			if (state == 0x01)
				ret->established++;
			else if (state == 0x0a)
				ret->listening++;
			else if (state == 0x08)
				ret->close_wait++;
			else
				ret->other++;
		}
		line = strchr(line, '\n');
	}
}

int tree_count_sockets(struct tree *t, const char *root, struct socket_counts *ret)
{
	CLEANUP(free_inodes) struct inodes held = {0};
	if (t->n == 0)
		return -1;
	for (size_t i = 0; i < t->n; i++)
		if (add_inodes(&held, root, t->pids[i]) < 0)
			return -1;
	if (held.n)	/* sockets shared by a forked child have one inode: count them once */
		qsort(held.items, held.n, sizeof(*held.items), compare);
	struct socket_counts counts = {0};
	static const char *const tables[] = {"tcp", "tcp6"};
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		if (proc_read_all(root, &t->text, &t->text_room, "/proc/%d/net/%s",
				  (int)t->pids[0], tables[i]) < 0)
			continue;
		any = true;
		count_states(t->text, &held, &counts);
	}
	if (!any)
		return -1;
	*ret = counts;
	return 0;
}
