/* src/monitor/child.c - see child.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/util.h"

#define GRACE_NS (100 * NS_PER_MS)

void child_init(struct child *c)
{
	*c = (struct child){.fd = -1, .status = -1};
	buf_init(&c->out, CHILD_OUT_MAX);
}

static void close_fds(struct child *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
}

void child_release(struct child *c)
{
	child_end(c);
	buf_release(&c->out);
}

int child_start(struct child *c, const char *const *argv, const char *const *env, struct err *e)
{
	int ends[2];
	if (child_is_stuck(c))
		return err_set(e, ERR_SYSTEM, "'%s' (pid %d) hangs inside its driver and cannot be "
			       "killed; look into dmesg", argv[0], (int)c->pid);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot run '%s'", argv[0]);
	struct process_spec spec = {.argv = argv, .env = env, .out = ends[1], .err = ends[1]};
	int rc = process_start(&spec, &c->pid, e);
	(void)close(ends[1]);
	if (rc < 0) {
		(void)close(ends[0]);
		c->pid = 0;
		return -1;
	}
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	c->fd = ends[0];
	c->status = -1;
	c->started_ns = clock_now();
	buf_clear(&c->out);
	return 0;
}

int child_feed(struct child *c)
{
	while (c->fd >= 0) {
		char *to = buf_reserve(&c->out, 4096);
		if (!to)
			return -1;
		ssize_t n = read(c->fd, to, 4096);
		if (n > 0) {
			buf_grew(&c->out, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		close_fds(c);	/* the end: it goes now, or is made to */
		child_end(c);
	}
	return 1;
}

bool child_is_stuck(struct child *c)
{
	if (c->stuck && process_wait(c->pid, 0, &c->status) != 0) {
		c->stuck = false;
		c->pid = 0;
	}
	return c->stuck;
}

void child_end(struct child *c)
{
	bool at_its_end = c->fd < 0;
	close_fds(c);
	if (c->pid <= 0 || c->stuck)
		return;
	uint64_t until = clock_now() + GRACE_NS;
	int rc = at_its_end ? process_wait(c->pid, until, &c->status) : 0;
	if (rc == 0) {
		(void)kill(-c->pid, SIGKILL);
		(void)kill(c->pid, SIGKILL);
		rc = process_wait(c->pid, clock_now() + GRACE_NS, &c->status);
	}
	c->stuck = rc == 0;
	if (!c->stuck)
		c->pid = 0;
}

int child_run(struct child *c, const char *const *argv, const char *const *env,
	      uint64_t timeout_ns, struct err *e)
{
	if (child_start(c, argv, env, e) < 0)
		return -1;
	uint64_t until = clock_now() + timeout_ns;
	for (;;) {
		int rc = child_feed(c);
		if (rc == 1)
			return 0;
		uint64_t now = clock_now();
		if (rc < 0 || now >= until)
			break;
		struct pollfd p = {.fd = c->fd, .events = POLLIN};
		(void)poll(&p, 1, (int)MIN((until - now) / NS_PER_MS + 1, (uint64_t)1000));
	}
	child_end(c);
	return err_set(e, ERR_SYSTEM, c->out.failed ? "'%s' printed more than 4 MiB" :
		       "'%s' did not answer in time and was ended", argv[0]);
}
