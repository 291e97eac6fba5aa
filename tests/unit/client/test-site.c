/* tests/unit/client/test-site.c - the keys of a service block, on the wire: headers and key, body,
 * replicas, certificates of both sides, a connection that is not answered, wrong URLs, and the
 * limit on open files.
 * SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <assert.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "base/yaml.h"
#include "client/client.h"
#include "client/site.h"
#include "server.h"

#define MS NS_PER_MS
#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define CHAT_REPLY                                                                                 \
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 79\r\n\r\n"      \
	"{\"choices\":[{\"index\":0,\"message\":{\"content\":\"hello!\"},"                         \
	"\"finish_reason\":\"stop\"}]}"

/* What a server does, and what it was asked last. */
struct counter {
	const char *reply;
	uint64_t delay_ns;
	atomic_int requests;
	char last[4096];
};

static void serve(struct fake_conn *c, void *ctx)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;	/* several connections at a time */
	struct counter *n = ctx;
	struct buf in = BUF_INIT(1 << 20);
	while (fake_read(c, &in)) {
		(void)pthread_mutex_lock(&one);
		(void)snprintf(n->last, sizeof(n->last), "%s", in.data);
		(void)pthread_mutex_unlock(&one);
		atomic_fetch_add(&n->requests, 1);
		(void)fake_wait_until(clock_now() + n->delay_ns);
		(void)fake_say(c, n->reply);
	}
	buf_release(&in);
}

struct shop {
	struct arena *arena;
	struct service service;
	struct client *client;
};

/* A service as a plan describes it. */
static void shop_open(struct shop *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void shop_open(struct shop *s, const char *fmt, ...)
{
	char text[2048];
	struct err e = {0};
	va_list args;
	va_start(args, fmt);
	assert_true(vsnprintf(text, sizeof(text), fmt, args) < (int)sizeof(text));
	va_end(args);
	*s = (struct shop){.arena = arena_new()};
	const struct yaml_node *map = yaml_parse(text, strlen(text), "plan", s->arena, &e);
	if (!map || service_from_yaml(&s->service, "it", map, s->arena, &e) < 0 ||
	    service_check(&s->service, s->arena, &e) < 0 ||
	    client_new(&s->service, &s->client, &e) < 0)
		fail_msg("%s", e.text);
}

static void shop_close(struct shop *s)
{
	client_free(s->client);
	service_release(&s->service);
	arena_free(s->arena);
}

/* What became of one question, and the words about it. */
static enum outcome ask(struct shop *s, char words[512])
{
	const struct sample sample = {.id = "a", .question = "?"};
	struct call call;
	struct err e = {0};
	call_init(&call, &sample);
	if (client_call(s->client, &call, &e) < 0)
		fail_msg("%s", e.text);
	enum outcome o = call.outcome;
	(void)snprintf(words, 512, "%s", call.answer.error.data ? call.answer.error.data : "");
	call_release(&call);
	return o;
}

static void expect(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("'%s' does not hold '%s'", text, words);
}

/* The key of the environment, headers of the plan, and keys of the body, as they are given. */
static void test_headers_and_body(void **state)
{
	struct counter n = {.reply = CHAT_REPLY};
	struct fake *server = fake_start(&(struct fake_spec){serve, &n, NULL});
	struct shop s;
	char words[512];
	(void)state;
	assert_int_equal(setenv("ASSAY_TEST_KEY", "k-123", 1), 0);
	shop_open(&s, "{protocol: openai-chat, url: \"http://127.0.0.1:%d/v1\", model: m, "
		  "api_key_env: ASSAY_TEST_KEY, headers: {X-Tenant: 007, X-Note: a b}, "
		  "body: {ignore_eos: true, temperature: 0.5, extra: {top_k: 3}}}",
		  fake_port(server));
	if (ask(&s, words) != OUTCOME_OK)
		fail_msg("%s", words);
	expect(n.last, "POST /v1/chat/completions HTTP/1.1\r\n");
	expect(n.last, "\r\nAuthorization: Bearer k-123\r\n");
	expect(n.last, "\r\nX-Tenant: 007\r\n");
	expect(n.last, "\r\nX-Note: a b\r\n");
	expect(n.last, "\"ignore_eos\":true");
	expect(n.last, "\"temperature\":0.5");
	expect(n.last, "\"extra\":{\"top_k\":3}");
	assert_null(strstr(strstr(n.last, "\"temperature\"") + 1, "\"temperature\""));
	shop_close(&s);
	fake_stop(server);
	(void)unsetenv("ASSAY_TEST_KEY");
}

#define REPLICAS 3

static void ask_many(struct shop *s, size_t n, size_t parallel)
{
	const struct sample sample = {.id = "a"};
	struct call calls[16], *list[16];
	struct client *clients[16];
	assert_true(n <= 16);
	for (size_t i = 0; i < n; i++) {
		call_init(&calls[i], &sample);
		list[i] = &calls[i];
		clients[i] = s->client;
	}
	assert_int_equal(client_call_all(clients, list, n, parallel, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(calls[i].outcome, OUTCOME_OK);
		call_release(&calls[i]);
	}
}

/* In turn; or to whoever has least to do, so that a slow one gets less. */
static void test_replicas(void **state)
{
	static const char *const laws[] = {"round_robin", "least_open"};
	(void)state;
	for (size_t law = 0; law < ARRAY_LEN(laws); law++) {
		struct counter n[REPLICAS];
		struct fake *servers[REPLICAS];
		struct shop s;
		for (size_t i = 0; i < REPLICAS; i++) {
			n[i] = (struct counter){.reply = OK_REPLY,
						.delay_ns = i == 1 ? 1500 * MS : 5 * MS};
			servers[i] = fake_start(&(struct fake_spec){serve, &n[i], NULL});
		}
		shop_open(&s, "{kind: chat, protocol: null, balance: %s, urls: [\"http://127.0.0.1:"
			  "%d/\", \"http://127.0.0.1:%d/\", \"http://127.0.0.1:%d/\"]}",
			  laws[law], fake_port(servers[0]), fake_port(servers[1]),
			  fake_port(servers[2]));
		ask_many(&s, 12, 3);
		int slow = atomic_load(&n[1].requests);
		if (law == 0)
			assert_int_equal(slow, 4);
		else	/* it has one all the time, and with one it is never the least */
			assert_int_equal(slow, 1);
		assert_int_equal(slow + n[0].requests + n[2].requests, 12);
		assert_true(law == 1 || (n[0].requests == 4 && n[2].requests == 4));
		shop_close(&s);
		for (size_t i = 0; i < REPLICAS; i++)
			fake_stop(servers[i]);
	}
}

/* A service that asks who is there: told by tls.cert and tls.key; else a failure that says why. */
static void test_client_certificate(void **state)
{
	char files[3][40] = {"/tmp/assay-site-ca-XXXXXX", "/tmp/assay-site-cert-XXXXXX",
			     "/tmp/assay-site-key-XXXXXX"};
	struct counter n = {.reply = OK_REPLY};
	struct shop s;
	char words[512];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		int fd = mkstemp(files[i]);
		assert_true(fd >= 0);
		close_fd(&fd);
	}
	SSL_CTX *tls = fake_tls(files[0]);
	fake_identity(files[1], files[2]);
	assert_int_equal(SSL_CTX_load_verify_locations(tls, files[1], NULL), 1);
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	struct fake *server = fake_start(&(struct fake_spec){serve, &n, tls});
	shop_open(&s, "{kind: chat, protocol: null, url: \"https://127.0.0.1:%d/\", tls: {ca: %s, "
		  "cert: %s, key: %s}}", fake_port(server), files[0], files[1], files[2]);
	if (ask(&s, words) != OUTCOME_OK)
		fail_msg("%s", words);
	shop_close(&s);
	shop_open(&s, "{kind: chat, protocol: null, url: \"https://127.0.0.1:%d/\", tls: "
		  "{ca: %s}}", fake_port(server), files[0]);
	assert_int_equal(ask(&s, words), OUTCOME_TLS);
	expect(words, "certificate");
	expect(words, "tls.cert");
	shop_close(&s);
	/* one that it does not know */
	fake_identity(files[1], files[2]);
	shop_open(&s, "{kind: chat, protocol: null, url: \"https://127.0.0.1:%d/\", tls: {ca: %s, "
		  "cert: %s, key: %s}}", fake_port(server), files[0], files[1], files[2]);
	assert_int_equal(ask(&s, words), OUTCOME_TLS);
	expect(words, "does not accept the certificate of tls.cert");
	assert_int_equal(atomic_load(&n.requests), 1);
	shop_close(&s);
	fake_stop(server);
	SSL_CTX_free(tls);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		(void)unlink(files[i]);
}

/* A host that answers nothing: here one whose queue of connections is full. */
static void test_connect_timeout(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), full[4];
	struct shop s;
	char words[512];
	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	for (size_t i = 0; i < ARRAY_LEN(full); i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(full[i], (struct sockaddr *)&at, sizeof(at));
	}
	shop_open(&s, "{kind: chat, protocol: null, url: \"http://127.0.0.1:%d/\", "
		  "connect_timeout: 150ms, timeout: 20s}", ntohs(at.sin_port));
	uint64_t before = clock_now();
	assert_int_equal(ask(&s, words), OUTCOME_CONNECT);
	assert_true(clock_now() - before >= 150 * MS && clock_now() - before < 10 * NS_PER_S);
	shop_close(&s);
	for (size_t i = 0; i < ARRAY_LEN(full); i++)
		close_fd(&full[i]);
	close_fd(&listener);
}

/* A wrong base and a redirect are answered with the URL that would be right. */
static void test_wrong_urls(void **state)
{
	static const struct {
		const char *path, *reply, *words;
		enum outcome outcome;
	} rows[] = {
		{"", "HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nNot Found", "/v1'",
		 OUTCOME_HTTP_4XX},
		{"/v1", "HTTP/1.1 308 Go\r\nLocation: /api/v1/chat/completions\r\n"
		 "Content-Length: 0\r\n\r\n", "/api/v1'", OUTCOME_HTTP_3XX},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct counter n = {.reply = rows[i].reply};
		struct fake *server = fake_start(&(struct fake_spec){serve, &n, NULL});
		struct shop s;
		char words[512];
		shop_open(&s, "{protocol: openai-chat, url: \"http://127.0.0.1:%d%s\"}",
			  fake_port(server), rows[i].path);
		assert_int_equal(ask(&s, words), rows[i].outcome);
		expect(words, "write url: 'http://127.0.0.1:");
		expect(words, rows[i].words);
		shop_close(&s);
		fake_stop(server);
	}
}

/* Raised where that is allowed; else an error with what to set. In a process of its own: a hard
 * limit cannot be raised again. */
static void test_open_files(void **state)
{
	(void)state;
	(void)fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit l = {100, 1200};
		struct err e = {0};
		bool good = setrlimit(RLIMIT_NOFILE, &l) == 0 &&
			    site_allow_files(1000, &e) == 0 &&
			    getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur >= 1000 &&
			    site_allow_files(5000, &e) < 0 && e.code == ERR_SYSTEM &&
			    strstr(e.text, "1200 are allowed") && strstr(e.text, "ulimit -Hn 51");
		_exit(good ? 0 : 1);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers_and_body),
		cmocka_unit_test(test_replicas),
		cmocka_unit_test(test_client_certificate),
		cmocka_unit_test(test_connect_timeout),
		cmocka_unit_test(test_wrong_urls),
		cmocka_unit_test(test_open_files),
	};
	return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}
