/* workers/mpi/main.c - assay-mpi-*: carries messages between the ranks of a run by MPI.
 *
 * A program of its own, beside the one that measures: an MPI library may end its process when a
 * rank dies, and it has threads and ways of waiting of its own. assay starts it and talks to it
 * through a socket on fd 0, in frames of src/dist/wire.h: what it is given for a rank it sends
 * there, what comes from a rank it hands over. It never spins: between two looks it sleeps.
 * SPDX-License-Identifier: Apache-2.0 */
#include <mpi.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/util.h"
#include "dist/wire.h"

#define SENDS_MAX 64
#define OUT_MAX ((size_t)8 * WIRE_FRAME_MAX)
#define LOOK_OFTEN_NS (50 * NS_PER_US)	/* while something is under way */
#define LOOK_SELDOM_NS (2 * NS_PER_MS)
#define CALM_AFTER_NS (20 * NS_PER_MS)
#define TAG_LAST 1	/* the frame ends its message */
#define TAG_MORE 2

struct sending {
	MPI_Request request;
	void *data;
};

struct carrier {
	int fd;
	struct buf in, out;
	struct sending sends[SENDS_MAX];
	int n_sends;
	uint64_t busy_ns;	/* when something last moved */
	bool ending;		/* assay is done: finalize when all is sent */
};

/* Open MPI's, MPICH's and others' in one line. */
static void library_name(char *out, size_t size)
{
	char text[MPI_MAX_LIBRARY_VERSION_STRING];
	int len = 0;
	(void)MPI_Get_library_version(text, &len);
	size_t n = 0;
	for (; text[n] && text[n] != '\n' && text[n] != ',' && n + 1 < size; n++)
		out[n] = text[n] == '\t' ? ' ' : text[n];
	out[n] = '\0';
}

static int put_frame(struct carrier *c, uint32_t peer, bool more, const void *data, size_t len)
{
	struct wire_head h = {.peer = peer, .more = more, .len = (uint32_t)len};
	(void)buf_add(&c->out, &h, sizeof(h));
	return buf_add(&c->out, data, len);
}

static int greet(struct carrier *c)
{
	struct wire_hello hello = {0};
	int rank = 0, size = 0;
	if (MPI_Comm_rank(MPI_COMM_WORLD, &rank) != MPI_SUCCESS ||
	    MPI_Comm_size(MPI_COMM_WORLD, &size) != MPI_SUCCESS)
		return -1;
	hello.rank = rank;
	hello.size = size;
	library_name(hello.library, sizeof(hello.library));
	return put_frame(c, WIRE_SELF, false, &hello, sizeof(hello));
}

/* One whole frame of c->in to where it goes; 0: none yet. */
static int take_frame(struct carrier *c)
{
	struct wire_head h;
	if (c->in.len < sizeof(h))
		return 0;
	memcpy(&h, c->in.data, sizeof(h));
	if (h.len > WIRE_FRAME_MAX)
		return -1;
	if (c->in.len < sizeof(h) + h.len)
		return 0;
	if (h.peer == WIRE_SELF) {
		c->ending = true;
	} else {
		struct sending *s = &c->sends[c->n_sends];
		s->data = malloc(MAX(h.len, 1u));
		if (!s->data)
			return -1;
		memcpy(s->data, c->in.data + sizeof(h), h.len);
		if (MPI_Isend(s->data, (int)h.len, MPI_BYTE, (int)h.peer,
			      h.more ? TAG_MORE : TAG_LAST, MPI_COMM_WORLD, &s->request) !=
		    MPI_SUCCESS) {
			free(s->data);
			return -1;
		}
		c->n_sends++;
	}
	buf_consume(&c->in, sizeof(h) + h.len);
	return 1;
}

static int from_assay(struct carrier *c)
{
	char *room = buf_reserve(&c->in, WIRE_FRAME_MAX);
	if (!room)
		return -1;
	ssize_t n = read(c->fd, room, WIRE_FRAME_MAX);
	if (n > 0) {
		buf_grew(&c->in, (size_t)n);
		c->busy_ns = clock_now();
		return 0;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;	/* the end: it is gone */
}

static int to_assay(struct carrier *c)
{
	while (c->out.len > 0) {
		ssize_t n = write(c->fd, c->out.data, c->out.len);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		buf_consume(&c->out, (size_t)n);
	}
	return 0;
}

static int reap_sends(struct carrier *c)
{
	for (int i = 0; i < c->n_sends;) {
		int done = 0;
		if (MPI_Test(&c->sends[i].request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS)
			return -1;
		if (!done) {
			i++;
			continue;
		}
		free(c->sends[i].data);
		c->sends[i] = c->sends[--c->n_sends];
		c->busy_ns = clock_now();
	}
	return 0;
}

/* Messages that have come, while there is room for them. */
static int from_ranks(struct carrier *c)
{
	static char frame[WIRE_FRAME_MAX];
	while (c->out.len + sizeof(frame) + sizeof(struct wire_head) <= OUT_MAX) {
		MPI_Status status;
		int there = 0, len = 0;
		if (MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status) !=
		    MPI_SUCCESS)
			return -1;
		if (!there)
			return 0;
		if (MPI_Recv(frame, sizeof(frame), MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG,
			     MPI_COMM_WORLD, &status) != MPI_SUCCESS ||
		    MPI_Get_count(&status, MPI_BYTE, &len) != MPI_SUCCESS ||
		    put_frame(c, (uint32_t)status.MPI_SOURCE, status.MPI_TAG == TAG_MORE, frame,
			      (size_t)len) != 0)
			return -1;
		c->busy_ns = clock_now();
	}
	return 0;
}

static bool takes_more(const struct carrier *c)
{
	return !c->ending && c->n_sends < SENDS_MAX && c->in.len < OUT_MAX / 2;
}

static void wait_for_work(const struct carrier *c)
{
	bool busy = c->n_sends > 0 || clock_now() - c->busy_ns < CALM_AFTER_NS;
	struct timespec t = {.tv_nsec = (long)(busy ? LOOK_OFTEN_NS : LOOK_SELDOM_NS)};
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	if (!takes_more(c))
		p.events = 0;
	if (c->out.len > 0)
		p.events |= POLLOUT;
	(void)ppoll(&p, 1, &t, NULL);
}

/* 0: orderly, all was sent. -1: assay is gone, or a rank, or memory. */
static int carry(struct carrier *c)
{
	while (!c->ending || c->n_sends > 0) {
		int rc = 1;
		wait_for_work(c);
		if (takes_more(c) && from_assay(c) != 0)
			return -1;
		while (rc > 0 && c->n_sends < SENDS_MAX && !c->ending)
			rc = take_frame(c);
		if (rc < 0 || reap_sends(c) != 0 || from_ranks(c) != 0 || to_assay(c) != 0)
			return -1;
	}
	return 0;
}

/* The socket away from fd 0 and 1, where a library may write. */
static int take_socket(void)
{
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	struct carrier c = {.in = BUF_INIT(OUT_MAX), .out = BUF_INIT(2 * OUT_MAX)};
	int level = 0;
	/* The launcher's signals are for assay, which says what becomes of this program. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);	/* shared memory of the MPI may be a file */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	c.fd = take_socket();
	if (c.fd < 0 || MPI_Init_thread(&argc, &argv, MPI_THREAD_SINGLE, &level) != MPI_SUCCESS)
		return 1;
	(void)MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	if (greet(&c) != 0 || carry(&c) != 0)
		_exit(1);	/* MPI_Finalize() would wait for those that are gone */
	buf_release(&c.in);
	buf_release(&c.out);
	return MPI_Finalize() == MPI_SUCCESS ? 0 : 1;
}
