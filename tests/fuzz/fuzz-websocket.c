/* tests/fuzz/fuzz-websocket.c - what a WebSocket server may send: a right upgrade and any bytes
 * after it, or (first byte '!') any bytes instead of an upgrade.
 * SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/websocket.h"
#include "tests/fuzz/fuzz.h"

#define PATIENCE (5 * NS_PER_S)

static int listener = -1;
static struct endpoint endpoint;
static struct net *net;

struct peer {
	const uint8_t *data;
	size_t len;
};

static void begin(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(a);
	char text[64];
	struct url url;
	struct err e;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FUZZ_CHECK(bind(listener, (struct sockaddr *)&a, size) == 0 && listen(listener, 16) == 0);
	FUZZ_CHECK(getsockname(listener, (struct sockaddr *)&a, &size) == 0);
	(void)snprintf(text, sizeof(text), "ws://127.0.0.1:%d/", ntohs(a.sin_port));
	FUZZ_CHECK(url_parse(text, &url, &e) == 0);
	FUZZ_CHECK(endpoint_init(&endpoint, &url, NULL, &e) == 0);
	FUZZ_CHECK(net_new(&net, &e) == 0);
}

static void upgrade(int fd, const char *head)
{
	static const char key[] = "Sec-WebSocket-Key: ";
	char accept[WEBSOCKET_ACCEPT_SIZE] = "", reply[256];
	const char *at = strcasestr(head, key);
	if (at)
		websocket_accept(at + sizeof(key) - 1, strcspn(at + sizeof(key) - 1, "\r\n"),
				 accept);
	int n = snprintf(reply, sizeof(reply), "HTTP/1.1 101 Switching Protocols\r\n"
			 "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			 "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
	fuzz_send(fd, reply, (size_t)n);
}

static void *peer_main(void *arg)
{
	const struct peer *p = arg;
	char head[8192];
	size_t got = 0;
	ssize_t n = 1;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	FUZZ_CHECK(fd >= 0);
	for (head[0] = '\0'; n > 0 && !strstr(head, "\r\n\r\n") && got + 1 < sizeof(head);) {
		n = recv(fd, head + got, sizeof(head) - 1 - got, 0);
		got += (size_t)MAX(n, 0);
		head[got] = '\0';
	}
	bool raw = p->len > 0 && p->data[0] == '!';
	if (!raw)
		upgrade(fd, head);
	fuzz_send(fd, p->data + raw, p->len - raw);
	(void)shutdown(fd, SHUT_WR);
	while (recv(fd, head, sizeof(head), 0) > 0)
		;
	(void)close(fd);
	return NULL;
}

struct seen {
	int opens, ends;
	size_t bytes;
};

static void on_open(void *ctx)
{
	struct seen *s = ctx;
	FUZZ_CHECK(s->opens++ == 0 && s->ends == 0);
}

static void on_message(void *ctx, const char *data, size_t len, const struct arrival *at)
{
	struct seen *s = ctx;
	(void)at;
	FUZZ_CHECK(s->opens == 1 && s->ends == 0 && len <= WEBSOCKET_MESSAGE_MAX);
	for (size_t i = 0; i < len; i++)
		s->bytes += (unsigned char)data[i] != 0xfe;
}

static void on_acked(void *ctx, uint64_t ns)
{
	(void)ctx;
	(void)ns;
}

static void on_end(void *ctx, enum outcome why, uint64_t ns)
{
	struct seen *s = ctx;
	(void)why;
	(void)ns;
	FUZZ_CHECK(s->ends++ == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct websocket_events events = {on_open, on_message, on_acked, on_end};
	struct peer peer = {data, len};
	struct seen seen = {0};
	struct websocket w;
	pthread_t thread;
	struct err e;
	if (listener < 0)
		begin();
	const struct websocket_spec spec = {.net = net, .endpoint = &endpoint, .path = "/"};
	FUZZ_CHECK(pthread_create(&thread, NULL, peer_main, &peer) == 0);
	websocket_init(&w);
	FUZZ_CHECK(websocket_start(&w, &spec, &events, &seen, &e) == 0);
	uint64_t until = clock_now() + PATIENCE;
	while (!seen.ends && clock_now() < until)
		FUZZ_CHECK(loop_step(net_loop(net), until, &e) >= 0);
	FUZZ_CHECK(seen.ends == 1);
	websocket_release(&w);
	FUZZ_CHECK(pthread_join(thread, NULL) == 0);
	return 0;
}
