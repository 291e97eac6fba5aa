/* src/http/conn_tls.c - TLS over what inbox.c has read: OpenSSL never touches the socket itself, so
 * that encrypted bytes have kernel stamps too.
 * SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/util.h"
#include "http/conn_in.h"

#define RECORD_MAX ((size_t)16 << 10)

static int bio_read(BIO *b, char *out, size_t size, size_t *ret_len)
{
	struct conn *c = BIO_get_data(b);
	BIO_clear_retry_flags(b);
	if (c->raw_len == 0) {
		if (!c->raw_end)
			BIO_set_retry_read(b);
		return 0;
	}
	size_t n = MIN(size, c->raw_len);
	memcpy(out, c->raw, n);
	c->raw += n;
	c->raw_len -= n;
	*ret_len = n;
	return 1;
}

static int bio_write(BIO *b, const char *data, size_t len, size_t *ret_len)
{
	struct conn *c = BIO_get_data(b);
	struct iovec iov = {(void *)data, len};
	BIO_clear_retry_flags(b);
	ssize_t n = conn_raw_send(c, &iov, 1, c->final);
	if (n > 0) {
		*ret_len = (size_t)n;
		return 1;
	}
	if (n == 0)
		BIO_set_retry_write(b);
	return 0;
}

static long bio_ctrl(BIO *b, int cmd, long larg, void *parg)
{
	const struct conn *c = BIO_get_data(b);
	(void)larg;
	(void)parg;
	if (cmd == BIO_CTRL_EOF)
		return c->raw_end && c->raw_len == 0;
	return cmd == BIO_CTRL_FLUSH;
}

void *conn_tls_method_new(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stamped");
	if (!m)
		return NULL;
	(void)BIO_meth_set_read_ex(m, bio_read);
	(void)BIO_meth_set_write_ex(m, bio_write);
	(void)BIO_meth_set_ctrl(m, bio_ctrl);
	return m;
}

void conn_tls_method_free(void *method)
{
	BIO_meth_free(method);
}

/* What to do about an alert that speaks of our own certificate; "": it does not. */
static const char *own_certificate(const struct conn *c, unsigned long code)
{
	bool has = SSL_get_certificate(c->ssl) != NULL;
	switch (ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0) {
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
		return " (the service asks for a certificate of the client: set tls.cert and "
		       "tls.key)";
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
		return has ? "" : " (it may ask for a certificate of the client: tls.cert, "
		       "tls.key)";
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
		return has ? " (the service does not accept the certificate of tls.cert)" : "";
	default:
		return "";
	}
}

/* Why the last call failed, into words. */
static void explain(struct conn *c, const char *what)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	long verified = SSL_get_verify_result(c->ssl);
	if (verified != X509_V_OK)
		(void)snprintf(c->words, sizeof(c->words), "%s: the server's certificate: %s (set "
			       "tls.ca, or tls.verify: false)", what,
			       X509_verify_cert_error_string(verified));
	else
		(void)snprintf(c->words, sizeof(c->words), "%s: %s%s", what,
			       reason ? reason : "the connection broke",
			       own_certificate(c, code));
	ERR_clear_error();
}

static int set_name(struct conn *c)
{
	const struct url *u = &c->endpoint->url;
	struct in6_addr scratch;
	if (u->ipv6 || inet_pton(AF_INET, u->host, &scratch) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c->ssl), u->host);
	return SSL_set_tlsext_host_name(c->ssl, u->host) == 1 &&
	       SSL_set1_host(c->ssl, u->host) == 1;
}

int conn_tls_begin(struct conn *c)
{
	ERR_clear_error();
	c->state = CONN_HANDSHAKE;
	c->ssl = SSL_new(c->endpoint->tls);
	BIO *bio = BIO_new(c->net->bio_method);
	if (!c->ssl || !bio || !set_name(c)) {
		BIO_free(bio);
		(void)snprintf(c->words, sizeof(c->words), "cannot set up TLS");
		return -1;
	}
	BIO_set_data(bio, c);
	BIO_set_init(bio, 1);
	SSL_set_bio(c->ssl, bio, bio);
	SSL_set_connect_state(c->ssl);
	(void)SSL_do_handshake(c->ssl);	/* sends the hello; what is wrong shows later */
	return 0;
}

void conn_tls_end(struct conn *c)
{
	if (!c->ssl)
		return;
	c->final = false;
	if (!c->broken && SSL_is_init_finished(c->ssl))
		(void)SSL_shutdown(c->ssl);
	ERR_clear_error();
	SSL_free(c->ssl);
	c->ssl = NULL;
}

/* Go on with the handshake. 1: done; 0: needs more; -1: failed. */
static int handshake(struct conn *c)
{
	ERR_clear_error();
	int r = SSL_do_handshake(c->ssl);
	if (r == 1) {
		c->moments.tls_done = clock_now();
		conn_opened(c);
		return c->state == CONN_OPEN ? 1 : -1;
	}
	int why = SSL_get_error(c->ssl, r);
	if (why == SSL_ERROR_WANT_WRITE || (why == SSL_ERROR_WANT_READ && !c->raw_end))
		return 0;
	explain(c, c->raw_end ? "the server closed during the TLS handshake" : "TLS handshake");
	conn_fail(c, OUTCOME_TLS, c->words, clock_now());
	return -1;
}

/* The stream is over or in order so far, after SSL_read() gave no more; words are set for why. */
static int after_read(struct conn *c, int why, const struct arrival *at)
{
	switch (why) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		conn_fail(c, OUTCOME_OK, "the peer closed the connection", at->ns);
		return -1;
	case SSL_ERROR_SYSCALL:
		conn_fail(c, OUTCOME_RESET, "the connection broke", at->ns);
		return -1;
	default:
		conn_fail(c, OUTCOME_TLS, c->words, at->ns);
		return -1;
	}
}

int conn_tls_feed(struct conn *c, const char *data, size_t len, bool end, const struct arrival *at)
{
	c->raw = data;
	c->raw_len = len;
	c->raw_end = end;
	if (c->state == CONN_HANDSHAKE) {
		int r = handshake(c);
		if (r <= 0)
			return r;
	}
	if (!at)
		return 0;
	size_t held = 0, got;
	int r, into = 0;
	struct arrival shared = *at;
	shared.last = false;
	ERR_clear_error();
	while ((r = SSL_read_ex(c->ssl, c->net->plain[into], PLAIN_SIZE, &got)) == 1) {
		if (held > 0)
			c->events->data(c->ctx, c->net->plain[!into], held, &shared);
		if (c->state != CONN_OPEN)
			return -1;
		held = got;
		into = !into;
	}
	int why = SSL_get_error(c->ssl, r);
	if (why == SSL_ERROR_SSL)
		explain(c, "TLS record");
	if (held > 0) {
		/* a piece of a further record came behind it: the stamp is that one's */
		const struct arrival *exact = SSL_has_pending(c->ssl) ? &shared : at;
		c->events->data(c->ctx, c->net->plain[!into], held, exact);
		if (c->state != CONN_OPEN)
			return -1;
	}
	return after_read(c, why, at);
}

ssize_t conn_tls_send(struct conn *c, const struct iovec *iov, int n, bool final)
{
	size_t whole = 0, done = 0;
	for (int i = 0; i < n; i++)
		whole += iov[i].iov_len;
	/* small pieces are gathered into one record; what is tried again is gathered alike */
	while (done < whole) {
		char *record = c->net->plain[2];
		size_t len = 0, at = 0;
		for (int i = 0; i < n && len < RECORD_MAX; at += iov[i++].iov_len) {
			if (at + iov[i].iov_len <= done)
				continue;
			size_t from = done + len - at;
			size_t some = MIN(iov[i].iov_len - from, RECORD_MAX - len);
			memcpy(record + len, (const char *)iov[i].iov_base + from, some);
			len += some;
		}
		size_t written;
		c->final = final && done + len == whole;
		ERR_clear_error();
		int r = SSL_write_ex(c->ssl, record, len, &written);
		if (r != 1) {
			int why = SSL_get_error(c->ssl, r);
			if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ)
				break;
			c->broken = true;
			return done > 0 ? (ssize_t)done : -1;
		}
		done += written;
	}
	return (ssize_t)done;
}
