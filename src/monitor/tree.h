/* src/monitor/tree.h - the processes of a tree and the sockets that they hold, from /proc.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_TREE_H
#define MONITOR_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tree {
	pid_t *pids;		/* [0] is the root */
	size_t n, room;
	char *text;		/* kept between uses */
	size_t text_room;
};

void tree_release(struct tree *t);

/* Find the root and all that descends from it, as of now. -1: no memory, or more than 4096
 * processes. n is 0 when the root is gone. */
int tree_find(struct tree *t, const char *root, pid_t pid);

/* Open fds of one process; -1: gone or not ours to see. */
long tree_count_fds(const char *root, pid_t pid);

struct socket_counts {
	long established, listening, close_wait, other;
};

/* TCP sockets held by the tree, by state. -1: not to be had. */
int tree_count_sockets(struct tree *t, const char *root, struct socket_counts *ret);

#endif
