/* tests/unit/http/test-sources.c - where connections leave from, and what more addresses are good
 * for.
 * SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PORTS 4		/* of one address, in the test's own network */

static void test_texts(void **state)
{
	static const struct {
		const char *text;
		uint32_t n;	/* 0: refused */
	} rows[] = {
		{"127.0.0.2", 1}, {"127.0.0.2-127.0.0.9", 8}, {"10.0.0.255-10.0.1.1", 3},
		{"::1", 1}, {"fd00::1-fd00::10", 16}, {"", 0}, {"localhost", 0}, {"127.0.0.2-", 0},
		{"-127.0.0.2", 0}, {"127.0.0.9-127.0.0.2", 0}, {"127.0.0.2-::1", 0},
		{"fd00::1-fd01::2", 0}, {"10.0.0.0-10.1.0.0", 0}, {"127.0.0.2-127.0.0.3-", 0},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sources s = {.n = 0};
		struct err e = {0};
		int rc = sources_parse(rows[i].text, &s, &e);
		if (rc != (rows[i].n ? 0 : -1) || (rc == 0 && s.n != rows[i].n))
			fail_msg("'%s': %d, %u addresses", rows[i].text, rc, s.n);
		if (rc != 0)
			assert_int_equal(e.code, ERR_USAGE);
	}
}

/* An address that is another's (RFC 5737) is found before anything is sent. */
static void test_not_ours(void **state)
{
	struct sources s;
	struct err e = {0};
	(void)state;
	assert_int_equal(sources_parse("127.0.0.2-127.0.0.5", &s, &e), 0);
	assert_int_equal(sources_check(&s, &e), 0);
	assert_int_equal(sources_parse("192.0.2.1", &s, &e), 0);
	assert_int_equal(sources_check(&s, &e), -1);
	assert_non_null(strstr(e.text, "192.0.2.1"));
}

/* Tells each client where it came from; the connection stays open. */
static void serve_peer(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	(void)ctx;
	while (fake_read(c, &in)) {
		struct sockaddr_in sa;
		socklen_t len = sizeof(sa);
		char text[INET_ADDRSTRLEN] = "?", reply[128];
		if (getpeername(c->fd, (struct sockaddr *)&sa, &len) == 0)
			(void)inet_ntop(AF_INET, &sa.sin_addr, text, sizeof(text));
		(void)snprintf(reply, sizeof(reply), OK_HEAD "Content-Length: %zu\r\n\r\n%s",
			       strlen(text), text);
		(void)fake_say(c, reply);
	}
	buf_release(&in);
}

/* So many requests at once, each on a connection of its own; how many got an answer. from: how
 * many answers came from 127.0.0.2 and from 127.0.0.3. */
static int ask_at_once(struct rig *r, int n, int from[2], char *words, size_t size)
{
	struct seen *all = calloc((size_t)n, sizeof(*all));
	int ok = 0;
	assert_non_null(all);
	from[0] = from[1] = 0;
	for (int i = 0; i < n; i++) {
		seen_init(&all[i], r);
		start(&all[i], NULL, 0);
	}
	for (int i = 0; i < n; i++) {
		while (all[i].ends == 0)
			assert_int_equal(loop_step(net_loop(r->net), UINT64_MAX, NULL), 0);
		if (all[i].outcome != OUTCOME_OK) {
			assert_int_equal(all[i].outcome, OUTCOME_CONNECT);
			(void)snprintf(words, size, "%s", all[i].x.words);
			continue;
		}
		ok++;
		from[0] += strcmp(all[i].body.data, "127.0.0.2") == 0;
		from[1] += strcmp(all[i].body.data, "127.0.0.3") == 0;
	}
	for (int i = 0; i < n; i++)
		seen_release(&all[i]);
	free(all);
	return ok;
}

static void test_taken_in_turn(void **state)
{
	struct rig r;
	int from[2];
	char words[192] = "";
	(void)state;
	rig_up(&r, serve_peer, NULL, NULL, NULL);
	assert_int_equal(sources_parse("127.0.0.2-127.0.0.3", &r.endpoint.sources, NULL), 0);
	assert_int_equal(ask_at_once(&r, 6, from, words, sizeof(words)), 6);
	assert_int_equal(from[0], 3);
	assert_int_equal(from[1], 3);
	rig_down(&r);
}

/* A network of our own in which an address has four ports. */
static bool own_network(void)
{
	static const char range[] = "40000 40003";
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return false;
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int f = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
	bool good = s >= 0 && f >= 0 && ioctl(s, SIOCSIFFLAGS, &lo) == 0 &&
		    write(f, range, strlen(range)) == (ssize_t)strlen(range);
	close_fd(&s);
	close_fd(&f);
	return good;
}

static void test_no_port_left(void **state)
{
	struct rig r;
	int from[2];
	char words[192] = "";
	(void)state;
	if (!own_network())
		skip();		/* this user may not have a network of its own */
	rig_up(&r, serve_peer, NULL, NULL, NULL);
	assert_int_equal(ask_at_once(&r, PORTS + 2, from, words, sizeof(words)) <= PORTS, true);
	assert_non_null(strstr(words, "no free port"));
	origin_drop_idle(r.origin);
	assert_int_equal(sources_parse("127.0.0.2-127.0.0.3", &r.endpoint.sources, NULL), 0);
	assert_int_equal(ask_at_once(&r, PORTS + 2, from, words, sizeof(words)), PORTS + 2);
	assert_int_equal(from[0] + from[1], PORTS + 2);
	rig_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_taken_in_turn),
		cmocka_unit_test(test_no_port_left),	/* last: it leaves this network */
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
