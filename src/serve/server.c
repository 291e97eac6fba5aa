/* src/serve/server.c - see server.h: starting, draining and ending.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/server.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "serve/server_parts.h"

#define SPARE_CONNECTIONS 32U	/* above the limit, to say 503 instead of hanging up */
#define STACK_SIZE ((size_t)512 << 10)
#define POOL_SIZE ((size_t)160 << 10)	/* header of 64 KiB at most, and room to answer */
#define LOOK_AGAIN_MS 10

/* What libmicrohttpd complains about may hold what clients sent. */
static void forget(void *cls, const char *fmt, va_list ap)
{
	(void)cls;
	(void)fmt;
	(void)ap;
}

static int start_daemon(struct server *s, int fd, struct err *e)
{
	const struct server_spec *spec = &s->spec;
	struct MHD_OptionItem tls[] = {
		{spec->tls_cert ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0,
		 (void *)spec->tls_cert},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)spec->tls_key},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_USE_POLL | MHD_USE_ITC | MHD_USE_ERROR_LOG | MHD_ALLOW_UPGRADE;
	flags |= spec->tls_cert ? MHD_USE_TLS : 0U;
	if (mhd_bind(e) < 0)
		return -1;
	sigset_t all;
	sigset_t old;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	s->daemon = mhd.start_daemon(
		flags, 0, NULL, NULL, request_access, s,
		MHD_OPTION_EXTERNAL_LOGGER, forget, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)spec->limits->connections + SPARE_CONNECTIONS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, POOL_SIZE,
		MHD_OPTION_THREAD_STACK_SIZE, STACK_SIZE,
		MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_URI_LOG_CALLBACK, request_uri, s,
		MHD_OPTION_NOTIFY_COMPLETED, request_completed, s,
		MHD_OPTION_NOTIFY_CONNECTION, conns_notify, s->conns,
		MHD_OPTION_ARRAY, tls,
		MHD_OPTION_END);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (s->daemon)
		return 0;
	return err_set(e, ERR_SYSTEM, "cannot start the HTTP server on %s%s", s->url,
		       spec->tls_cert ? "; are certificate and key valid PEM and a pair?" : "");
}

int server_start(const struct server_spec *spec, struct server **ret_server, struct err *e)
{
	struct server *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, ERR_SYSTEM, "out of memory for the server");
	s->spec = *spec;
	s->tls = spec->tls_cert != NULL;
	s->started_wall = clock_wall();
	if (spec->token)
		hash_sha256(spec->token, strlen(spec->token), s->token_hash);
	json_object_seed(0);	/* before there are threads */
	size_t n = 0;
	while (routes[n].path)
		n++;
	s->metrics = metrics_new(n);
	int fd = -1;
	int rc = s->metrics ? 0 : err_set(e, ERR_SYSTEM, "out of memory for the server");
	if (rc == 0)
		rc = listen_open(spec, &fd, s->url, sizeof(s->url), e);
	if (rc == 0)
		rc = conns_new(spec->limits, &s->conns, e);
	if (rc == 0)
		rc = start_daemon(s, fd, e);
	if (rc < 0) {
		if (fd >= 0)
			(void)close(fd);
		(void)server_free(s);
		return -1;
	}
	*ret_server = s;
	return 0;
}

const char *server_url(const struct server *s)
{
	return s->url;
}

static size_t wait_idle(struct server *s, uint64_t until_ns)
{
	size_t left;
	while ((left = atomic_load(&s->running)) > 0 && clock_now() < until_ns)
		(void)poll(NULL, 0, LOOK_AGAIN_MS);
	return left;
}

size_t server_drain(struct server *s, uint64_t until_ns)
{
	atomic_store(&s->stopping, true);
	MHD_socket fd = mhd.quiesce_daemon(s->daemon);
	if (fd != MHD_INVALID_SOCKET)
		(void)close(fd);
	pool_stop(s->spec.pool, false);
	size_t left = wait_idle(s, until_ns);
	pool_stop(s->spec.pool, true);
	if (s->spec.decoders)
		pool_stop(s->spec.decoders, true);
	/* Time to write their last words. */
	(void)wait_idle(s, clock_now() + NS_PER_S);
	return left;
}

struct server *server_free(struct server *s)
{
	if (!s)
		return NULL;
	if (s->daemon) {
		pool_stop(s->spec.pool, true);
		if (s->spec.decoders)
			pool_stop(s->spec.decoders, true);
		mhd.stop_daemon(s->daemon);
	}
	assert(atomic_load(&s->held) == 0);
	conns_free(s->conns);
	metrics_free(s->metrics);
	free(s);
	return NULL;
}
