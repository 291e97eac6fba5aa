/* src/serve/defect.c - see defect.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/defect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "base/thread.h"
#include "base/util.h"
#include "http/url.h"
#include "serve/server_parts.h"
#include "serve/sim_defect.h"

#define LIE_NS	   (4 * NS_PER_S)
#define SLOW_NS	   (6 * NS_PER_S)
#define BLOCK_NS   (8 * NS_PER_S)
#define TOGETHER   6		/* of these it stands still */
#define SQUARE_KIB 100.0	/* of an upload take a second; twice as much takes four */
#define LOG_FLOOD  ((size_t)200 << 10)
#define LOG_CHATTY ((size_t)20 << 10)
#define FETCH_NS   (40 * NS_PER_S)
#define LEAK	   ((size_t)24 << 20)
#define AMPLIFIED  ((size_t)800 << 20)
#define LOOK_NS	   (20 * NS_PER_MS)
#define DEATH	   3	/* exit status */

/* Only the sim has any. */
static bool has(const struct request *r, const char *name)
{
	const struct server_spec *spec = &r->server->spec;
	return spec->stamp && spec->defects && spec->defects->n &&
	       sim_has_defect(spec->defects, name);
}

static bool stopping(const struct request *r)
{
	return atomic_load(&r->server->stopping);
}

static void hang(struct request *r, uint64_t until)
{
	while (clock_now() < until && !stopping(r))
		(void)clock_sleep_until(clock_now() + LOOK_NS);
}

static void flood_log(size_t bytes)
{
	char line[1024];
	memset(line, '.', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (size_t i = 0; i < bytes / sizeof(line); i++)
		(void)file_write_all(STDERR_FILENO, line, sizeof(line));
}

int defect_gate(struct request *r)
{
	struct defect_state *d = &r->server->defect;
	bool work = r->route && !r->route->open && r->route->body != BODY_NONE;
	bool health = r->route && r->route->open;
	if (work && has(r, "chatty"))
		flood_log(LOG_CHATTY);
	if (atomic_load(&d->hung))
		hang(r, UINT64_MAX);
	hang(r, atomic_load(&d->blocked_until));
	if (health && clock_now() < atomic_load(&d->cry_until))
		return refuse(r, 503, "simulated", "a simulated health check that is wrong");
	while (health && has(r, "health-waits") && atomic_load(&d->working) > 0 && !stopping(r))
		(void)clock_sleep_until(clock_now() + LOOK_NS);
	if (work && clock_now() < atomic_load(&d->bad_until))
		return refuse(r, 500, "simulated", "a simulated engine that is dead");
	if (work && atomic_exchange(&d->poisoned, false))
		return refuse(r, 500, "simulated", "a simulated cache that is broken");
	return 0;
}

void defect_work(struct request *r)
{
	struct defect_state *d = &r->server->defect;
	int working = atomic_fetch_add(&d->working, 1) + 1;
	double size = (double)r->body_bytes / 1024 / SQUARE_KIB;
	if (has(r, "deadlocks") && working >= TOGETHER)
		atomic_store(&d->hung, true);
	if (has(r, "deadlocks") && atomic_load(&d->hung))
		hang(r, UINT64_MAX);
	if (has(r, "quadratic"))
		hang(r, clock_now() + (uint64_t)(size * size * 1e9));
}

void defect_worked(struct request *r)
{
	(void)atomic_fetch_sub(&r->server->defect.working, 1);
}

/* Memory that is really used, and kept when it leaks. */
static void use_memory(size_t size, bool keep)
{
	static void *_Atomic kept;	/* the last one is reachable: the others are the leak */
	char *p = malloc(size);
	for (size_t i = 0; p && i < size; i += 4096)
		((volatile char *)p)[i] = 1;
	if (keep)
		atomic_store(&kept, p);
	else
		free(p);
}

/* ---- what is left behind ---- */

static void *sleep_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		(void)pause();
	return NULL;
}

static void leave_thread(void)
{
	pthread_t t;
	struct err e;
	if (thread_start(&t, "left", sleep_for_ever, NULL, &e) == 0)
		(void)pthread_detach(t);
}

static void leave_file(void)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	(void)snprintf(path, sizeof(path), "%s/sim-XXXXXX", dir ? dir : "/tmp");
	int fd = mkstemp(path);
	if (fd >= 0)
		(void)close(fd);
}

static void log_input(const struct request *r)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(65536);
	char raw[300] = "";
	(void)snprintf(raw, sizeof(raw), "%s", r->id);
	if (base64_encode(raw, sizeof(raw), &text) == 0)
		(void)file_write_all(STDERR_FILENO, text.data, text.len);
	(void)file_write_all(STDERR_FILENO, "\n", 1);
}

static void leave_behind(const struct request *r)
{
	if (has(r, "amplifies"))
		use_memory(AMPLIFIED, false);
	if (has(r, "leaks"))
		use_memory(LEAK, true);
	if (has(r, "leaks-files"))
		(void)open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (has(r, "leaks-threads"))
		leave_thread();
	if (has(r, "leaks-connections") && r->conn)
		(void)fcntl(r->conn->fd, F_DUPFD_CLOEXEC, 0);
	if (has(r, "litters"))
		leave_file();
	if (has(r, "logs-input"))
		log_input(r);
	if (has(r, "floods-log"))
		flood_log(LOG_FLOOD);
}

void defect_refused(struct request *r)
{
	struct refusal *f = &r->refusal;
	struct defect_state *d = &r->server->defect;
	if (f->status < 400 || f->status >= 500 || !r->route)
		return;
	if (has(r, "dies") && (strcmp(f->code, "invalid_json") == 0 ||
			       strcmp(f->code, "unsupported_format") == 0))
		_exit(DEATH);
	if (has(r, "fault-500"))
		f->status = 500;
	if (has(r, "error-200"))
		f->status = 200;
	leave_behind(r);
	if (has(r, "health-cries"))
		atomic_store(&d->cry_until, clock_now() + LIE_NS);
	if (has(r, "blocks"))
		atomic_store(&d->blocked_until, clock_now() + BLOCK_NS);
	if (has(r, "health-lies"))
		atomic_store(&d->bad_until, clock_now() + LIE_NS);
	if (has(r, "poisoned"))
		atomic_store(&d->poisoned, true);
	if (has(r, "slow-refusals"))
		hang(r, clock_now() + SLOW_NS);
	if (has(r, "echoes"))
		(void)snprintf(f->message, sizeof(f->message), "cannot read '%.200s'", r->echo);
	if (has(r, "shows-inside"))
		(void)snprintf(f->message, sizeof(f->message), "Traceback (most recent call last): "
			       "File \"/usr/lib/sim/engine.py\", line 7, in run");
}

void defect_body(struct request *r, const char *data, size_t len)
{
	size_t used = strlen(r->echo);
	if (!has(r, "echoes"))
		return;
	for (size_t i = 0; i < len && used + 1 < sizeof(r->echo); i++)
		r->echo[used++] = data[i] >= ' ' && data[i] < 127 ? data[i] : '?';
	r->echo[used] = '\0';
}

void defect_left(struct request *r)
{
	const json_t *header;
	const char *payload;
	size_t len;
	if (has(r, "hangs"))
		atomic_store(&r->server->defect.hung, true);
	if (!has(r, "swallows") || !r->call)
		return;
	while (!stopping(r) && call_next(r->call, &header, &payload, &len) == CALL_FRAME)
		;	/* generated for nobody */
}

int defect_client_fd(const struct request *r)
{
	return r->conn && !has(r, "swallows") ? r->conn->fd : -1;
}

/* ---- addresses ---- */

static bool local_address(const char *text, struct sockaddr_in *ret)
{
	struct url u;
	struct err e;
	if (url_parse(text, &u, &e) < 0)
		return false;
	*ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)u.port)};
	return inet_pton(AF_INET, u.host, &ret->sin_addr) == 1;
}

void defect_url(const struct request *r, const char *url)
{
	struct sockaddr_in a;
	static const char get[] = "GET /a.png HTTP/1.1\r\nHost: a\r\n\r\n";
	char waste[65536];
	uint64_t until = clock_now() + FETCH_NS;
	bool begun = false;
	if (!has(r, "fetches") || !local_address(url, &a))
		return;
	CLEANUP(close_fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval second = {.tv_sec = 1};
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    send(fd, get, sizeof(get) - 1, MSG_NOSIGNAL) < 0)
		return;
	/* to its end, however slowly it comes; who says nothing is given up after a second */
	ssize_t n = recv(fd, waste, sizeof(waste), 0);
	while (clock_now() < until && !stopping(r) &&
	       (n > 0 || (begun && n < 0 && errno == EAGAIN))) {
		begun = true;
		n = recv(fd, waste, sizeof(waste), 0);
	}
}

void defect_event(struct request *r, size_t from)
{
	char *at = r->out.data + from;
	char *end = r->out.data + r->out.len;
	if (r->out.failed || !has(r, "cuts-characters"))
		return;
	while (at < end && !(*at & 0x80))
		at++;
	if (at == end)
		return;
	memmove(at, at + 1, (size_t)(end - at - 1));
	r->out.len--;
}
