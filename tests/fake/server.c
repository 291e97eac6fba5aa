/* tests/fake/server.c - see server.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"

#define CONNECTIONS_MAX 1024
#define MUST(ok) ((ok) ? (void)0 : abort())

struct seat {
	struct fake_conn conn;
	pthread_t thread;
	bool started;
	atomic_bool open;
};

struct fake {
	struct fake_spec spec;
	int listener, port;
	int64_t offset;		/* of the clocks: monotonic - realtime */
	pthread_t acceptor;
	struct seat *seats;
	atomic_int n;
	atomic_bool stopping;
};

static void *serve(void *arg)
{
	struct seat *s = arg;
	struct fake_conn *c = &s->conn;
	(void)prctl(PR_SET_TIMERSLACK, 1ul);
	if (c->server->spec.tls) {
		c->ssl = SSL_new(c->server->spec.tls);
		MUST(c->ssl && SSL_set_fd(c->ssl, c->fd) == 1);
		if (SSL_accept(c->ssl) != 1)
			goto out;
	}
	c->server->spec.serve(c, c->server->spec.ctx);
out:
	if (c->ssl) {
		if (SSL_is_init_finished(c->ssl))
			(void)SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	atomic_store(&s->open, false);
	(void)close(c->fd);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct fake *f = arg;
	for (;;) {
		int fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return NULL;
		int n = atomic_load(&f->n), one = 1;
		MUST(n < CONNECTIONS_MAX);
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
		struct seat *s = &f->seats[n];
		s->conn = (struct fake_conn){.server = f, .fd = fd, .number = n};
		atomic_store(&s->open, true);
		atomic_store(&f->n, n + 1);	/* it counts before it is answered */
		MUST(pthread_create(&s->thread, NULL, serve, s) == 0);
		s->started = true;
	}
}

/* The difference of the clocks, from the closest of some readings. */
static int64_t clock_offset(void)
{
	uint64_t width = UINT64_MAX;
	int64_t offset = 0;
	for (int i = 0; i < 20; i++) {
		uint64_t before = clock_now(), real = clock_wall(), after = clock_now();
		if (after - before >= width)
			continue;
		width = after - before;
		offset = (int64_t)(before + width / 2 - real);
	}
	return offset;
}

struct fake *fake_start(const struct fake_spec *spec)
{
	struct fake *f = calloc(1, sizeof(*f));
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	MUST(f);
	(void)signal(SIGPIPE, SIG_IGN);
	f->spec = *spec;
	f->offset = clock_offset();
	f->seats = calloc(CONNECTIONS_MAX, sizeof(*f->seats));
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(f->seats && f->listener >= 0);
	MUST(bind(f->listener, (struct sockaddr *)&a, sizeof(a)) == 0);
	MUST(listen(f->listener, 512) == 0);
	MUST(getsockname(f->listener, (struct sockaddr *)&a, &len) == 0);
	f->port = ntohs(a.sin_port);
	MUST(pthread_create(&f->acceptor, NULL, accept_all, f) == 0);
	return f;
}

void fake_stop(struct fake *f)
{
	atomic_store(&f->stopping, true);
	(void)shutdown(f->listener, SHUT_RDWR);
	(void)pthread_join(f->acceptor, NULL);
	(void)close(f->listener);
	for (int i = 0; i < f->n; i++) {
		struct seat *s = &f->seats[i];
		if (atomic_load(&s->open))
			(void)shutdown(s->conn.fd, SHUT_RDWR);
		(void)pthread_join(s->thread, NULL);
	}
	free(f->seats);
	free(f);
}

int fake_port(const struct fake *f)
{
	return f->port;
}

int fake_connections(const struct fake *f)
{
	return atomic_load(&f->n);
}

const char *fake_url(const struct fake *f, const char *path, char *out, size_t size)
{
	(void)snprintf(out, size, "%s://127.0.0.1:%d%s", f->spec.tls ? "https" : "http", f->port,
		       path);
	return out;
}

static ssize_t receive(struct fake_conn *c, char *data, size_t len)
{
	union {
		char room[CMSG_SPACE(sizeof(struct timespec)) + 64];
		struct cmsghdr align;
	} control;
	struct iovec iov = {data, len};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;
	if (c->ssl)
		return SSL_read(c->ssl, data, (int)len);
	do {
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		n = recvmsg(c->fd, &m, 0);
	} while (n < 0 && errno == EINTR);
	c->read_at = clock_now();
	for (struct cmsghdr *x = CMSG_FIRSTHDR(&m); n > 0 && x; x = CMSG_NXTHDR(&m, x))
		if (x->cmsg_level == SOL_SOCKET && x->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec ts;
			memcpy(&ts, CMSG_DATA(x), sizeof(ts));
			c->read_at = (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec +
				     (uint64_t)c->server->offset;
		}
	return n;
}

bool fake_read(struct fake_conn *c, struct buf *text)
{
	size_t whole = 0;
	buf_clear(text);
	while (whole == 0 || text->len < whole) {
		char piece[16384];
		ssize_t n = receive(c, piece, sizeof(piece));
		if (n <= 0 || buf_add(text, piece, (size_t)n) != 0)
			return false;
		const char *end = strstr(text->data, "\r\n\r\n");
		if (whole == 0 && end) {
			const char *length = strcasestr(text->data, "\r\nContent-Length:");
			whole = (size_t)(end + 4 - text->data);
			if (length && length < end)
				whole += strtoul(length + 17, NULL, 10);
		}
	}
	c->requests++;
	return true;
}

bool fake_send(struct fake_conn *c, const void *data, size_t len)
{
	const char *at = data;
	while (len > 0) {
		ssize_t n = c->ssl ? SSL_write(c->ssl, at, (int)len)
				   : send(c->fd, at, len, MSG_NOSIGNAL);
		if (n < 0 && !c->ssl && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

bool fake_say(struct fake_conn *c, const char *text)
{
	return fake_send(c, text, strlen(text));
}

bool fake_chunk(struct fake_conn *c, const char *text)
{
	char out[4096];
	int n = snprintf(out, sizeof(out), "%zx\r\n%s\r\n", strlen(text), text);
	MUST(n > 0 && (size_t)n < sizeof(out));
	return fake_send(c, out, (size_t)n);
}

void fake_reset(struct fake_conn *c)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

void fake_hang(struct fake_conn *c)
{
	char piece[4096];
	while (!atomic_load(&c->server->stopping) && receive(c, piece, sizeof(piece)) > 0)
		;
}

bool fake_wait_until(uint64_t ns)
{
	while (clock_now() < ns)
		(void)clock_sleep_until(ns);
	return true;
}

static X509 *self_signed(EVP_PKEY **ret_key, const char *pem_path)
{
	EVP_PKEY *key = *ret_key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	MUST(key && x);
	MUST(X509_set_version(x, X509_VERSION_3) == 1);
	MUST(ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1);
	MUST(X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL);
	MUST(X509_gmtime_adj(X509_getm_notAfter(x), 86400) != NULL);
	MUST(X509_set_pubkey(x, key) == 1);
	X509_NAME *name = X509_get_subject_name(x);
	MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					(const unsigned char *)"localhost", -1, -1, 0) == 1);
	MUST(X509_set_issuer_name(x, name) == 1);
	X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
						  "DNS:localhost,IP:127.0.0.1");
	MUST(alt && X509_add_ext(x, alt, -1) == 1);
	X509_EXTENSION_free(alt);
	MUST(X509_sign(x, key, EVP_sha256()) > 0);

	FILE *f = fopen(pem_path, "w");
	MUST(f && PEM_write_X509(f, x) == 1 && fclose(f) == 0);
	return x;
}

void fake_identity(const char *cert_path, const char *key_path)
{
	EVP_PKEY *key;
	X509_free(self_signed(&key, cert_path));
	FILE *f = fopen(key_path, "w");
	MUST(f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0);
	EVP_PKEY_free(key);
}

SSL_CTX *fake_tls(const char *pem_path)
{
	EVP_PKEY *key;
	X509 *x = self_signed(&key, pem_path);
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	MUST(tls && SSL_CTX_use_certificate(tls, x) == 1 && SSL_CTX_use_PrivateKey(tls, key) == 1);
	X509_free(x);
	EVP_PKEY_free(key);
	return tls;
}
