/* src/http/endpoint.c - see endpoint.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/util.h"

static void address_text(struct endpoint_address *a)
{
	char host[INET6_ADDRSTRLEN] = "?";
	if (a->sa.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&a->sa;
		(void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		(void)snprintf(a->text, sizeof(a->text), "[%s]:%u", host, ntohs(in6->sin6_port));
	} else {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&a->sa;
		(void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		(void)snprintf(a->text, sizeof(a->text), "%s:%u", host, ntohs(in->sin_port));
	}
}

int endpoint_init(struct endpoint *ep, const struct url *url, SSL_CTX *tls, struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char port[8];
	(void)snprintf(port, sizeof(port), "%u", url->port);
	int r = getaddrinfo(url->host, port, &hints, &found);
	if (r == EAI_SYSTEM)
		return err_sys(e, "cannot look up the host '%s'", url->host);
	if (r != 0)
		return err_set(e, ERR_DATA, "cannot look up the host '%s': %s", url->host,
			       gai_strerror(r));
	ep->url = *url;
	ep->tls = url->tls ? tls : NULL;
	ep->n_addresses = 0;
	ep->sources = (struct sources){.n = 0};
	for (struct addrinfo *i = found; i && ep->n_addresses < ENDPOINT_ADDRESSES_MAX;
	     i = i->ai_next) {
		struct endpoint_address *a = &ep->addresses[ep->n_addresses];
		if (i->ai_family != AF_INET && i->ai_family != AF_INET6)
			continue;
		memcpy(&a->sa, i->ai_addr, i->ai_addrlen);
		a->len = i->ai_addrlen;
		address_text(a);
		ep->n_addresses++;
	}
	freeaddrinfo(found);
	if (ep->n_addresses == 0)
		return err_set(e, ERR_DATA, "the host '%s' has no IP address", url->host);
	return 0;
}

static int tls_err(struct err *e, const char *what, const char *file)
{
	char words[160];
	unsigned long code = ERR_peek_last_error();
	ERR_error_string_n(code, words, sizeof(words));
	const char *reason = ERR_reason_error_string(code);
	ERR_clear_error();
	return err_set(e, ERR_DATA, "%s '%s': %s", what, file, reason ? reason : words);
}

static int load_files(const struct tls_spec *spec, SSL_CTX *tls, struct err *e)
{
	if (spec->ca && SSL_CTX_load_verify_file(tls, spec->ca) != 1)
		return tls_err(e, "cannot read CA certificates from", spec->ca);
	if (!spec->ca && SSL_CTX_set_default_verify_paths(tls) != 1)
		return tls_err(e, "cannot read", "the system's CA certificates");
	if (spec->cert && SSL_CTX_use_certificate_chain_file(tls, spec->cert) != 1)
		return tls_err(e, "cannot read a certificate from", spec->cert);
	const char *key = spec->key ? spec->key : spec->cert;
	if (key && SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
		return tls_err(e, "cannot read a private key for the certificate from", key);
	return 0;
}

int tls_new(const struct tls_spec *spec, SSL_CTX **ret_tls, struct err *e)
{
	static const unsigned char alpn[] = "\x08http/1.1";
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
	if (!tls)
		return err_set(e, ERR_SYSTEM, "cannot set up TLS: no memory");
	(void)SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	(void)SSL_CTX_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
	(void)SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
				    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_alpn_protos(tls, alpn, sizeof(alpn) - 1);
	SSL_CTX_set_verify(tls, spec->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (load_files(spec, tls, e) != 0) {
		SSL_CTX_free(tls);
		return -1;
	}
	*ret_tls = tls;
	return 0;
}

SSL_CTX *tls_free(SSL_CTX *tls)
{
	SSL_CTX_free(tls);
	return NULL;
}
