/* src/cli/live_page.c - see live_page.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/live_page.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "cli/live_state.h"
#include "http/mhd.h"
#include "report/live_page.h"
#include "report/writer.h"

#define CONNECTIONS 16
#define IDLE_S 30U
#define POLLED_NS (4 * NS_PER_S)	/* a page that asked this recently is open */
#define LINGER_NS (8 * NS_PER_S)	/* for open pages to fetch the report */

struct live_page {
	struct live_state *state;
	struct progress hooks;
	const struct progress *also;
	struct MHD_Daemon *daemon;
	char url[64], host[32], host_name[32];
	struct buf page, report;
	const char *lang;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t polled_ns;	/* when a page last asked for the state */
	bool over;		/* report is whole */
	bool taken;		/* and was fetched */
};

/* ---- what goes in ---- */

static void on_progress(void *ctx, const struct progress_state *p)
{
	struct live_page *l = ctx;
	live_state_progress(l->state, p, clock_now());
	progress_tell(l->also, p);
}

static void on_reading(void *ctx, const struct reading *r)
{
	struct live_page *l = ctx;
	live_state_reading(l->state, r);
}

const struct progress *live_page_progress(struct live_page *l)
{
	return &l->hooks;
}

struct monitor_listener live_page_listener(struct live_page *l)
{
	return (struct monitor_listener){.reading = on_reading, .ctx = l};
}

/* ---- what goes out ---- */

static enum MHD_Result answer(struct MHD_Connection *conn, unsigned status, const char *type,
			      const void *data, size_t len)
{
	static const char *const headers[][2] = {
		{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"}, {"X-Frame-Options", "DENY"},
	};
	struct MHD_Response *r =
		mhd.create_response_from_buffer(len, (void *)data, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	(void)mhd.add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		(void)mhd.add_response_header(r, headers[i][0], headers[i][1]);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)mhd.add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result rc = mhd.queue_response(conn, status, r);
	mhd.destroy_response(r);
	return rc;
}

static enum MHD_Result say(struct MHD_Connection *conn, unsigned status, const char *words)
{
	return answer(conn, status, "text/plain; charset=utf-8", words, strlen(words));
}

static enum MHD_Result answer_state(struct live_page *l, struct MHD_Connection *conn)
{
	const char *text = mhd.lookup_connection_value(conn, MHD_GET_ARGUMENT_KIND, "since");
	int64_t since = 0;
	if (text && (str_to_int(text, &since, NULL) < 0 || since < 0))
		return say(conn, MHD_HTTP_BAD_REQUEST, "since is a number that /state gave\n");
	(void)pthread_mutex_lock(&l->lock);
	l->polled_ns = clock_now();
	(void)pthread_mutex_unlock(&l->lock);
	CLEANUP(json_unref) json_t *j = live_state_json(l->state, (uint64_t)since, clock_now());
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	if (!j || json_write(j, false, &out) < 0)
		return MHD_NO;
	return answer(conn, MHD_HTTP_OK, "application/json", out.data, out.len);
}

static enum MHD_Result answer_report(struct live_page *l, struct MHD_Connection *conn)
{
	(void)pthread_mutex_lock(&l->lock);
	bool over = l->over;
	(void)pthread_mutex_unlock(&l->lock);
	/* Nothing changes the report once it is over. */
	if (!over)
		return say(conn, MHD_HTTP_NOT_FOUND, "the run goes on; there is no report yet\n");
	return answer(conn, MHD_HTTP_OK, "text/html; charset=utf-8", l->report.data,
		      l->report.len);
}

/* A page of another site may make the browser send requests here, but not with our name. */
static bool own_host(const struct live_page *l, struct MHD_Connection *conn)
{
	const char *host = mhd.lookup_connection_value(conn, MHD_HEADER_KIND, "Host");
	return host && (strcmp(host, l->host) == 0 || strcmp(host, l->host_name) == 0);
}

static enum MHD_Result access_one(void *cls, struct MHD_Connection *conn, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *data_size, void **state)
{
	static char seen;
	struct live_page *l = cls;
	(void)version;
	(void)data;
	if (!*state) {	/* the head; a body, if any, comes with later calls */
		*state = strcmp(url, "/report") == 0 ? (void *)l : &seen;
		return MHD_YES;
	}
	if (*data_size > 0) {
		*data_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return say(conn, MHD_HTTP_METHOD_NOT_ALLOWED, "this page is for reading\n");
	if (!own_host(l, conn))
		return say(conn, MHD_HTTP_FORBIDDEN, "ask for 127.0.0.1 or localhost\n");
	if (strcmp(url, "/") == 0)
		return answer(conn, MHD_HTTP_OK, "text/html; charset=utf-8", l->page.data,
			      l->page.len);
	if (strcmp(url, "/state") == 0)
		return answer_state(l, conn);
	if (strcmp(url, "/report") == 0)
		return answer_report(l, conn);
	return say(conn, MHD_HTTP_NOT_FOUND, "there are /, /state and /report\n");
}

static void completed(void *cls, struct MHD_Connection *conn, void **state,
		      enum MHD_RequestTerminationCode code)
{
	struct live_page *l = cls;
	(void)conn;
	(void)pthread_mutex_lock(&l->lock);
	if (*state == l && l->over && code == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
		l->taken = true;
		(void)pthread_cond_broadcast(&l->changed);
	}
	(void)pthread_mutex_unlock(&l->lock);
}

/* ---- start and end ---- */

static int start_daemon(struct live_page *l, int port, struct err *e)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (mhd_bind(e) < 0)
		return -1;
	sigset_t all, old;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	l->daemon = mhd.start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0, NULL, NULL,
		access_one, l, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U,
		MHD_OPTION_NOTIFY_COMPLETED, completed, l, MHD_OPTION_END);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!l->daemon)
		return err_set(e, ERR_SYSTEM, "the live page cannot listen on 127.0.0.1:%d; is "
			       "the port taken? --ui alone takes a free one", port);
	const union MHD_DaemonInfo *info = mhd.get_daemon_info(l->daemon,
							       MHD_DAEMON_INFO_BIND_PORT);
	unsigned bound = info ? info->port : 0;
	(void)snprintf(l->host, sizeof(l->host), "127.0.0.1:%u", bound);
	(void)snprintf(l->host_name, sizeof(l->host_name), "localhost:%u", bound);
	(void)snprintf(l->url, sizeof(l->url), "http://%s/", l->host);
	return 0;
}

static struct live_page *release(struct live_page *l)
{
	if (l->daemon)
		mhd.stop_daemon(l->daemon);
	(void)live_state_free(l->state);
	(void)pthread_cond_destroy(&l->changed);
	(void)pthread_mutex_destroy(&l->lock);
	buf_release(&l->page);
	buf_release(&l->report);
	free(l);
	return NULL;
}

int live_page_start(const char *title, const char *command, const char *lang, int port,
	       const struct progress *also, struct live_page **ret_live, struct err *e)
{
	pthread_condattr_t attr;
	struct live_page *l = calloc(1, sizeof(*l));
	if (!l)
		return err_sys(e, "no memory for the live page");
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&l->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	buf_init(&l->page, BUF_UNLIMITED);
	buf_init(&l->report, BUF_UNLIMITED);
	l->hooks = (struct progress){.update = on_progress, .ctx = l};
	l->also = also;
	l->lang = lang;
	json_object_seed(0);	/* before there are threads */
	l->state = live_state_new(title, command);
	int rc = l->state ? 0 : err_set(e, ERR_SYSTEM, "no memory for the live page");
	if (rc == 0)
		rc = live_page(lang, &l->page, e);
	if (rc == 0)
		rc = start_daemon(l, port, e);
	if (rc < 0) {
		(void)release(l);
		return -1;
	}
	*ret_live = l;
	return 0;
}

const char *live_page_url(const struct live_page *l)
{
	return l->url;
}

static void linger(struct live_page *l)
{
	uint64_t until = clock_now() + LINGER_NS;
	const struct timespec at = clock_timespec(until);
	int rc = 0;
	(void)pthread_mutex_lock(&l->lock);
	bool open = l->polled_ns > 0 && clock_now() - l->polled_ns < POLLED_NS;
	while (open && !l->taken && rc == 0)
		rc = pthread_cond_timedwait(&l->changed, &l->lock, &at);
	(void)pthread_mutex_unlock(&l->lock);
}

struct live_page *live_page_end(struct live_page *l, const struct result *r)
{
	const struct writer_options o = {.lang = l ? l->lang : NULL};
	if (!l)
		return NULL;
	if (r && writer_find("html")->write(r, &o, &l->report, NULL) == 0) {
		(void)pthread_mutex_lock(&l->lock);
		l->over = true;
		(void)pthread_mutex_unlock(&l->lock);
		live_state_finish(l->state, verdict_name(r->verdict), r->sentence,
				  result_sentence(r, "zh"));
		linger(l);
	}
	return release(l);
}
