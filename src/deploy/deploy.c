/* src/deploy/deploy.c - see deploy.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/deploy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "client/client.h"

#define GRACE_NS       (5 * NS_PER_S)
#define LOOK_EVERY_NS  (50 * NS_PER_MS)
#define LOG_TAIL_BYTES 600

struct deployed {
	struct arena *arena;
	const char *name;
	const char **argv;
	const char **env;
	const char *log_path, *ready_path;
	uint64_t ready_timeout_ns;
	bool yields;
	int port;
	pid_t pid;
	bool ended;
	int status;
};

int deploy_free_port(struct err *e)
{
	CLEANUP(close_fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		return err_sys(e, "cannot find a free port on 127.0.0.1");
	return ntohs(addr.sin_port);
}

/* One word with every "{port}" replaced. */
static const char *with_port(struct arena *a, const char *word, int port)
{
	const char *mark = strstr(word, "{port}");
	if (!mark)
		return arena_str(a, word);
	return with_port(a, arena_fmt(a, "%.*s%d%s", (int)(mark - word), word, port, mark + 6),
			 port);
}

static const char **copy_words(struct arena *a, const char *const *words, int port)
{
	size_t n = 0;
	if (!words)
		return NULL;
	while (words[n])
		n++;
	const char **copy = arena_array(a, n + 1, sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = with_port(a, words[i], port);
	return copy;
}

static int start(struct deployed *d, struct err *e)
{
	CLEANUP(close_fd) int log = -1;
	if (d->log_path) {
		log = open(d->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (log < 0)
			return err_sys(e, "cannot write the log '%s'", d->log_path);
	}
	struct process_spec spec = {.argv = d->argv,
				    .env = (const char *const *)d->env,
				    .out = log > 0 ? log : 0,
				    .err = log > 0 ? log : 0,
				    .yields = d->yields};
	if (process_start(&spec, &d->pid, e) < 0)
		return err_prefix(e, "service '%s': ", d->name);
	d->ended = false;
	return 0;
}

int deploy_start(const struct deploy_spec *spec, struct deployed **ret, struct err *e)
{
	int port = spec->port ? spec->port : deploy_free_port(e);
	if (port < 0)
		return -1;
	struct arena *a = arena_new();
	struct deployed *d = ARENA_NEW(a, struct deployed);
	d->arena = a;
	d->name = arena_str(a, spec->name);
	d->port = port;
	d->yields = spec->yields;
	d->argv = copy_words(a, spec->argv, port);
	d->env = copy_words(a, spec->env, port);
	d->log_path = arena_str(a, spec->log_path);
	d->ready_path = arena_str(a, spec->ready_path ? spec->ready_path : "/health");
	d->ready_timeout_ns = spec->ready_timeout_ns ? spec->ready_timeout_ns : 60 * NS_PER_S;
	if (start(d, e) < 0) {
		(void)arena_free(a);
		return -1;
	}
	*ret = d;
	return 0;
}

bool deploy_alive(struct deployed *d, int *ret_status)
{
	if (!d->ended && process_wait(d->pid, 0, &d->status) != 0)
		d->ended = true;
	if (d->ended && ret_status)
		*ret_status = d->status;
	return !d->ended;
}

/* The last lines of its log, on one line, for an error. */
static void log_tail(const struct deployed *d, char *out, size_t size)
{
	out[0] = '\0';
	CLEANUP(close_fd) int fd = d->log_path ? open(d->log_path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	off_t end = lseek(fd, 0, SEEK_END);
	(void)lseek(fd, MAX(end - (off_t)size + 1, (off_t)0), SEEK_SET);
	ssize_t n = read(fd, out, size - 1);
	size_t len = n > 0 ? (size_t)n : 0;
	while (len > 0 && out[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < len; i++)
		if (out[i] == '\n' || (unsigned char)out[i] < ' ')
			out[i] = ' ';
	out[len] = '\0';
}

static int died(struct deployed *d, struct err *e)
{
	char how[64];
	char tail[LOG_TAIL_BYTES / 2];
	process_status_text(d->status, how, sizeof(how));
	log_tail(d, tail, sizeof(tail));
	return err_set(e, ERR_SYSTEM, "service '%s' ended before it was ready (%s)%s%s", d->name,
		       how, *tail ? "; its last words: " : "", tail);
}

int deploy_wait(struct deployed *d, struct err *e)
{
	uint64_t until = clock_now() + d->ready_timeout_ns;
	char url[300];
	struct get_reply reply = {0};
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", d->port, d->ready_path);
	while (clock_now() < until && !stop_requested()) {
		CLEANUP(buf_release) struct buf body = BUF_INIT(4096);
		uint64_t look = clock_now();
		if (!deploy_alive(d, NULL))
			return died(d, e);
		if (client_get_url(url, NS_PER_S, &body, &reply, e) < 0)
			return -1;
		if (reply.outcome == OUTCOME_OK && reply.status == 200)
			return 0;
		(void)clock_sleep_until(look + LOOK_EVERY_NS);
	}
	if (stop_requested())
		return err_set(e, ERR_INTERRUPTED, "ended while service '%s' was starting",
			       d->name);
	if (reply.status)
		return err_set(e, ERR_SYSTEM,
			       "service '%s' is not ready after %.0f s: %s answers %d", d->name,
			       ns_to_s(d->ready_timeout_ns), url, reply.status);
	return err_set(e, ERR_SYSTEM, "service '%s' does not answer at %s after %.0f s", d->name,
		       url, ns_to_s(d->ready_timeout_ns));
}

int deploy_port(const struct deployed *d)
{
	return d->port;
}

pid_t deploy_pid(const struct deployed *d)
{
	return d->pid;
}

const char *deploy_name(const struct deployed *d)
{
	return d->name;
}

int deploy_restart(struct deployed *d, struct err *e)
{
	if (!d->ended)
		(void)process_end(d->pid, GRACE_NS);
	d->ended = true;
	if (start(d, e) < 0)
		return -1;
	return deploy_wait(d, e);
}

struct deployed *deploy_stop(struct deployed *d)
{
	if (!d)
		return NULL;
	if (!d->ended)
		(void)process_end(d->pid, GRACE_NS);
	(void)arena_free(d->arena);
	return NULL;
}
