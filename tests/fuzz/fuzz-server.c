/* tests/fuzz/fuzz-server.c - what clients may send to `assay serve`: a form with an upload (first
 * byte 'm': a Content-Type up to the first line's end, then the body), a chat request ('c': its
 * JSON), or raw bytes. The service runs beside this program; every request is answered with a
 * status that blames nobody else, and the service goes on.
 * SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/fuzz/fuzz.h"

struct service {
	const char *kind;
	pid_t pid;
	int port;
};
static struct service asr = {.kind = "asr"}, chat = {.kind = "chat"};

static void run_service(const struct service *s, int out)
{
	const char *program = getenv("ASSAY");
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)dup2(out, STDOUT_FILENO);
	(void)execl(program ? program : "assay", "assay", "serve", s->kind, "--worker", "sim",
		    "--sim-ttft", "0s", "--sim-token-time", "0s", "--sim-tokens", "4", "--port",
		    "0", (char *)NULL);
	_exit(127);
}

static void start(struct service *s)
{
	char line[256];
	int ends[2];
	FUZZ_CHECK(pipe(ends) == 0);
	s->pid = fork();
	FUZZ_CHECK(s->pid >= 0);
	if (s->pid == 0)
		run_service(s, ends[1]);
	(void)close(ends[1]);
	FILE *f = fdopen(ends[0], "r");
	FUZZ_CHECK(f && fgets(line, sizeof(line), f));
	const char *colon = strrchr(line, ':');
	FUZZ_CHECK(colon);
	s->port = (int)strtol(colon + 1, NULL, 10);
	FUZZ_CHECK(s->port > 0);
}

static int dial(const struct service *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FUZZ_CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

/* The reply's status; 0: it closed without one. */
static int listen_to(int fd)
{
	char reply[65536];
	size_t got = 0;
	ssize_t n;
	while (got + 1 < sizeof(reply) &&
	       (n = recv(fd, reply + got, sizeof(reply) - 1 - got, 0)) > 0)
		got += (size_t)n;
	reply[got] = '\0';
	if (got < 12 || strncmp(reply, "HTTP/1.", 7) != 0)
		return 0;
	return (int)strtol(reply + 9, NULL, 10);
}

static int post(struct service *s, const char *path, const char *type, const char *body,
		size_t len)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	int fd = dial(s);
	(void)buf_fmt(&b, "POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %s\r\n"
		      "Content-Length: %zu\r\n\r\n", path, type, len);
	(void)buf_add(&b, body, len);
	fuzz_send(fd, b.data, b.len);
	int status = listen_to(fd);
	(void)close(fd);
	return status;
}

static int form(const char *data, size_t len)
{
	const char *end = memchr(data, '\n', len);
	size_t n = end ? (size_t)(end - data) : len;
	char type[256];
	(void)snprintf(type, sizeof(type), "%.*s", (int)MIN(n, sizeof(type) - 1), data);
	type[strcspn(type, "\r\n")] = '\0';
	return post(&asr, "/transcribe", type, end ? end + 1 : "", end ? len - n - 1 : 0);
}

static int raw(const char *data, size_t len)
{
	int fd = dial(&asr);
	fuzz_send(fd, data, len);
	(void)shutdown(fd, SHUT_WR);
	int status = listen_to(fd);
	(void)close(fd);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *data = (const char *)bytes;
	if (asr.pid == 0) {
		start(&asr);
		start(&chat);
	}
	bool is_form = len > 0 && data[0] == 'm';
	bool is_chat = len > 0 && data[0] == 'c';
	int status = is_form   ? form(data + 1, len - 1)
		     : is_chat ? post(&chat, "/v1/chat/completions", "application/json", data + 1,
				      len - 1)
			       : raw(data, len);
	FUZZ_CHECK(status < 500 || status == 505 || status == 503);
	FUZZ_CHECK(waitpid(asr.pid, NULL, WNOHANG) == 0 && waitpid(chat.pid, NULL, WNOHANG) == 0);
	return 0;
}
