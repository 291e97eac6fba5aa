/* src/dist/mpi.c - transport mpi: through the program assay-mpi-* (workers/mpi), which holds the
 * MPI library. When that program ends, the ranks are out of reach and this process goes on.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "dist/dist.h"
#include "dist/launcher.h"
#include "dist/transport.h"
#include "dist/wire.h"

#define JOIN_MAX_NS (120 * NS_PER_S)	/* until all ranks have come up */
#define LEAVE_MAX_NS (5 * NS_PER_S)
#define LEAVE_STOPPED_NS (800 * NS_PER_MS)	/* the launcher will not wait longer */
#define IN_MAX (4 * WIRE_FRAME_MAX)
#define SLICE_NS (50 * NS_PER_MS)	/* between two looks at stop_requested() */

struct mpi {
	pid_t pid;
	int fd;
	int size;
	bool ended;		/* nothing more will come */
	struct buf in;
	struct buf *parts;	/* by rank: frames of a message whose last one is not there yet */
};

static bool launched(void)
{
	struct launcher l;
	launcher_find(&l);
	return l.name != NULL;
}

/* The carrier for this launcher's MPI, or any that was built; NULL with *ret_name: none. */
static char *find_program(const struct launcher *l)
{
	static const char *const any[] = {"openmpi", "mpich", "other"};
	char name[64];
	const char *forced = getenv("ASSAY_MPI");
	const char *first = forced ? forced : l->mpi;
	char *path = NULL;
	if (first && strlen(first) < 32 && !strchr(first, '/')) {
		(void)snprintf(name, sizeof(name), "mpi/assay-mpi-%s", first);
		path = file_find_worker(name);
	}
	for (size_t i = 0; i < ARRAY_LEN(any) && !path && !forced; i++) {
		if (l->mpi && strcmp(any[i], "other") != 0)
			continue;
		(void)snprintf(name, sizeof(name), "mpi/assay-mpi-%s", any[i]);
		path = file_find_worker(name);
	}
	return path;
}

static int start_program(struct mpi *m, const struct launcher *l, struct err *e)
{
	int pair[2];
	CLEANUP(free_ptr) char *path = find_program(l);
	const char *argv[] = {path, NULL};
	if (l->no_pmi)
		return err_set(e, ERR_USAGE, "srun started %d tasks that cannot find each other: "
			       "add --mpi=pmix or --mpi=pmi2 (srun --mpi=list says which there "
			       "are)", l->size);
	if (!path)
		return err_set(e, ERR_UNSUPPORTED, "started by %s, but this assay was built "
			       "without its MPI%s%s: install the MPI's development package and "
			       "build again (-Dmpi=enabled), or start it without the launcher",
			       l->name, l->mpi ? ", " : "", l->mpi ? l->mpi : "");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "cannot start '%s'", path);
	struct process_spec spec = {
		.argv = argv, .in = pair[1], .out = pair[1], .err = STDERR_FILENO};
	int rc = process_start(&spec, &m->pid, e);
	(void)close(pair[1]);
	m->fd = pair[0];
	if (rc == 0 && fcntl(m->fd, F_SETFL, O_NONBLOCK) < 0)
		rc = err_sys(e, "cannot talk to '%s'", path);
	return rc;
}

static int gone(struct err *e)
{
	return err_set(e, ERR_SYSTEM, "the other ranks are out of reach: the MPI of this run has "
		       "ended");
}

/* What can be read now, some frames at most: the front of a short buffer is cheap to drop. */
static int fill(struct mpi *m, struct err *e)
{
	while (!m->ended && m->in.len < IN_MAX) {
		char *room = buf_reserve(&m->in, WIRE_FRAME_MAX);
		if (!room)
			return err_set(e, ERR_SYSTEM, "no memory for what the ranks tell");
		ssize_t n = read(m->fd, room, WIRE_FRAME_MAX);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n <= 0)
			m->ended = true;
		else
			buf_grew(&m->in, (size_t)n);
	}
	return 0;
}

/* One frame off m->in: 2 when it completes a message, 1 when more of it comes, 0: no frame yet. */
static int take_frame(struct mpi *m, int *ret_from, struct buf *data, struct err *e)
{
	struct wire_head h;
	if (m->in.len < sizeof(h))
		return 0;
	memcpy(&h, m->in.data, sizeof(h));
	if (h.len > WIRE_FRAME_MAX || (h.peer != WIRE_SELF && h.peer >= (uint32_t)m->size))
		return gone(e);
	if (m->in.len < sizeof(h) + h.len)
		return 0;
	struct buf *part = h.peer == WIRE_SELF ? data : &m->parts[h.peer];
	int rc = buf_add(part, m->in.data + sizeof(h), h.len);
	buf_consume(&m->in, sizeof(h) + h.len);
	if (rc == 0 && h.more)
		return 1;
	*ret_from = h.peer == WIRE_SELF ? -1 : (int)h.peer;
	if (rc == 0 && part != data) {
		rc = buf_add(data, part->data, part->len);
		buf_release(part);
		buf_init(part, DIST_MESSAGE_MAX);
	}
	return rc < 0 ? err_set(e, ERR_SYSTEM, "no memory for what rank %d tells", *ret_from) : 2;
}

static int receive(void *state, uint64_t until_ns, int *ret_from, struct buf *data, struct err *e)
{
	struct mpi *m = state;
	buf_clear(data);
	for (;;) {
		int rc;
		do
			rc = take_frame(m, ret_from, data, e);
		while (rc == 1);
		if (rc != 0)
			return rc < 0 ? -1 : 1;
		if (m->ended)
			return gone(e);
		uint64_t now = clock_now();
		uint64_t left = until_ns > now ? until_ns - now : 0;
		struct timespec t = {.tv_sec = 0, .tv_nsec = (long)MIN(left, SLICE_NS)};
		struct pollfd p = {.fd = m->fd, .events = POLLIN};
		int n = ppoll(&p, 1, &t, NULL);
		if (n > 0 && fill(m, e) < 0)
			return -1;
		if (n <= 0 && (left <= SLICE_NS || stop_requested()))
			return 0;
	}
}

/* All bytes, and while the carrier takes none of them, what it has for us is taken. */
static int put(struct mpi *m, const void *data, size_t len, struct err *e)
{
	const char *at = data;
	uint64_t stuck = 0;	/* since when, while the run is being ended */
	while (len > 0) {
		ssize_t n = send(m->fd, at, len, MSG_NOSIGNAL);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
			stuck = 0;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return gone(e);
		if (stop_requested() && stuck == 0)
			stuck = clock_now();
		if (m->ended || (stuck != 0 && clock_now() - stuck > DIST_GRACE_NS))
			return gone(e);
		struct pollfd p = {.fd = m->fd, .events = POLLIN | POLLOUT};
		if (poll(&p, 1, (int)(SLICE_NS / NS_PER_MS)) > 0 && p.revents & POLLIN &&
		    fill(m, e) < 0)
			return -1;
	}
	return 0;
}

static int send_message(void *state, int to, const void *data, size_t len, struct err *e)
{
	const char *at = data;
	do {
		size_t n = MIN(len, (size_t)WIRE_FRAME_MAX);
		struct wire_head h = {.peer = (uint32_t)to, .more = n < len, .len = (uint32_t)n};
		if (put(state, &h, sizeof(h), e) < 0 || put(state, at, n, e) < 0)
			return -1;
		at += n;
		len -= n;
	} while (len > 0);
	return 0;
}

static void leave(void *state, bool orderly)
{
	struct mpi *m = state;
	int status;
	struct wire_head end = {.peer = WIRE_SELF};
	orderly = orderly && m->fd >= 0 && put(m, &end, sizeof(end), NULL) == 0;
	uint64_t most = stop_requested() ? LEAVE_STOPPED_NS : LEAVE_MAX_NS;
	if (orderly && process_wait(m->pid, clock_now() + most, &status) == 1)
		m->pid = 0;
	if (m->fd >= 0)
		(void)close(m->fd);
	if (m->pid > 0)	/* it does not listen to SIGTERM, but to the end of its socket */
		(void)process_end(m->pid, 200 * NS_PER_MS);
	for (int i = 0; m->parts && i < m->size; i++)
		buf_release(&m->parts[i]);
	free(m->parts);
	buf_release(&m->in);
	free(m);
}

static int take_hello(struct mpi *m, struct peers *ret, const struct launcher *l, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(4096);
	struct wire_hello hello;
	int from = 0;
	int got = receive(m, clock_now() + JOIN_MAX_NS, &from, &text, e);
	if (got < 0)
		return err_set(e, ERR_SYSTEM, "MPI did not come up here; what it says stands "
			       "above");
	if (got == 0 || text.len != sizeof(hello))
		return err_set(e, stop_requested() ? ERR_INTERRUPTED : ERR_SYSTEM,
			       "MPI did not come up within two minutes: do the ranks reach each "
			       "other's addresses?");
	memcpy(&hello, text.data, sizeof(hello));
	hello.library[sizeof(hello.library) - 1] = '\0';
	if (hello.size < 1 || hello.rank < 0 || hello.rank >= hello.size ||
	    (l->size > 0 && l->size != hello.size))
		return err_set(e, ERR_UNSUPPORTED, "%s started %d ranks, but %s sees %d: this is "
			       "not the launcher's own MPI; build assay with that one, or use the "
			       "other's mpirun", l->name, l->size, hello.library, hello.size);
	*ret = (struct peers){.rank = hello.rank, .size = hello.size};
	str_cut_copy(ret->via, sizeof(ret->via), hello.library);
	return 0;
}

static int open_mpi(void **ret_state, struct peers *ret, struct err *e)
{
	struct launcher l;
	struct mpi *m = calloc(1, sizeof(*m));
	if (!m)
		return err_sys(e, "cannot join the other ranks");
	launcher_find(&l);
	m->fd = -1;
	buf_init(&m->in, 2 * IN_MAX);
	int rc = start_program(m, &l, e);
	if (rc == 0)
		rc = take_hello(m, ret, &l, e);
	if (rc == 0) {
		m->size = ret->size;
		m->parts = calloc((size_t)m->size, sizeof(*m->parts));
		rc = m->parts ? 0 : err_sys(e, "cannot join the other ranks");
	}
	for (int i = 0; rc == 0 && i < m->size; i++)
		buf_init(&m->parts[i], DIST_MESSAGE_MAX);
	if (rc < 0)
		leave(m, false);
	else
		*ret_state = m;
	return rc;
}

const struct transport transport_mpi = {
	.name = "mpi",
	.launched = launched,
	.open = open_mpi,
	.send = send_message,
	.receive = receive,
	.close = leave,
};
