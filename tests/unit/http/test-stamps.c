/* tests/unit/http/test-stamps.c - moments against the truth of a paced server, plain and over TLS.
 * SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "http/stamp.h"
#include "../stamps.h"
#include "rig.h"

/* What the server sent and when. */
struct truth {
	uint64_t accepted, asked, sent[64];
	int n;
};

static void serve_paced(struct fake_conn *c, void *ctx)
{
	struct truth *t = ctx;
	struct buf in = BUF_INIT(1 << 20);
	while (fake_read(c, &in)) {
		t->asked = clock_now();
		t->n = 0;
		(void)fake_say(c, CHUNKED);
		for (uint64_t at = t->asked + 120 * MS; t->n < 10; at += 15 * MS) {
			(void)fake_wait_until(at);
			t->sent[t->n++] = clock_now();
			(void)fake_chunk(c, "data: x\n\n");
		}
		(void)fake_say(c, "0\r\n\r\n");
	}
	buf_release(&in);
}

/* Stamps against the truth that the server noted, one event per read. */
static void check_stamps(struct rig *r, struct seen *s, const struct truth *t)
{
	int late = 0, loose = 0;
	uint64_t stamped, user;
	ask(r, s);
	assert_int_equal(s->outcome, OUTCOME_OK);
	assert_int_equal(s->n_pieces, t->n);
	for (int i = 0; i < t->n; i++) {
		assert_int_equal(s->pieces[i].kind, STAMP_KERNEL);
		assert_true(s->pieces[i].ns + 20 * NS_PER_US >= t->sent[i]);
		late += s->pieces[i].ns > t->sent[i] + MS;
		loose += s->pieces[i].bound_ns > 5 * MS;
	}
	assert_true(late <= 1);		/* the server itself may lose its core once */
	assert_true(loose <= 2);	/* known to have slept, not "any time in 15 ms" */
	net_reads(r->net, &stamped, &user);
	assert_true(stamped >= 10);
	assert_true(user <= 1);
}

static void test_stamps(void **state)
{
	(void)state;
	need_stamps();
	struct truth t = {0};
	struct rig r;
	struct seen s;
	rig_up(&r, serve_paced, &t, NULL, NULL);
	seen_init(&s, &r);
	check_stamps(&r, &s, &t);
	check_stamps(&r, &s, &t);
	assert_true(s.x.reused);
	seen_release(&s);
	rig_down(&r);
}

static void test_tls(void **state)
{
	(void)state;
	need_stamps();
	char pem[] = "/tmp/assay-test-XXXXXX";
	int fd = mkstemp(pem);
	assert_true(fd >= 0);
	(void)close(fd);
	SSL_CTX *server_tls = fake_tls(pem);
	struct truth t = {0};
	struct rig r;
	struct seen s;

	rig_up(&r, serve_paced, &t, server_tls, &(struct tls_spec){.ca = pem, .verify = true});
	seen_init(&s, &r);
	check_stamps(&r, &s, &t);
	assert_true(s.x.tls_done >= s.x.connected);
	check_stamps(&r, &s, &t);
	assert_true(s.x.reused);
	seen_release(&s);
	rig_down(&r);

	/* not trusted: an unknown authority */
	rig_up(&r, serve_paced, &t, server_tls, &(struct tls_spec){.verify = true});
	seen_init(&s, &r);
	ask(&r, &s);
	assert_int_equal(s.outcome, OUTCOME_TLS);
	assert_non_null(strstr(s.x.words, "certificate"));
	seen_release(&s);
	rig_down(&r);

	/* a plain server where TLS is expected */
	rig_up(&r, serve_text, "x", NULL, NULL);
	struct url url = r.endpoint.url;
	SSL_CTX *client = NULL;
	assert_int_equal(tls_new(&(struct tls_spec){.verify = false}, &client, NULL), 0);
	url.tls = true;
	assert_int_equal(endpoint_init(&r.endpoint, &url, client, NULL), 0);
	seen_init(&s, &r);
	s.x.connect_ns = 200 * MS;
	ask(&r, &s);
	assert_int_equal(s.outcome, OUTCOME_TLS);
	seen_release(&s);
	rig_down(&r);
	tls_free(client);

	/* a large body both ways */
	enum { BIG = 700 << 10 };
	CLEANUP(free_ptr) char *body = calloc(1, BIG);
	rig_up(&r, serve_text, OK_HEAD "Content-Length: 2\r\n\r\nok", server_tls,
	       &(struct tls_spec){.verify = false});
	seen_init(&s, &r);
	for (int i = 0; i < 2; i++) {
		start(&s, body, BIG);
		run(&r, &s);
		assert_int_equal(s.outcome, OUTCOME_OK);
		assert_string_equal(s.body.data, "ok");
		assert_true(s.x.upload_done > s.x.sent_first);
	}
	seen_release(&s);
	rig_down(&r);

	tls_free(server_tls);
	(void)unlink(pem);
	assert_int_equal(tls_new(&(struct tls_spec){.ca = pem}, &client, NULL), -1);
}

static void test_mapping(void **state)
{
	(void)state;
	struct stamp_clock s;
	uint64_t ns = 0;
	stamp_clock_init(&s);
	uint64_t before = clock_now(), real = clock_wall(), after = clock_now();
	assert_true(stamp_map(&s, real, before, after, &ns));
	assert_true(ns + NS_PER_US >= before && ns <= after + NS_PER_US);
	/* outside of what can be, the stamp is from the other side of a step */
	assert_false(stamp_map(&s, real - NS_PER_S, before, after, &ns));
	assert_false(stamp_map(&s, real + NS_PER_S, before, after, &ns));
	assert_false(stamp_clock_check(&s, clock_now()));
	/* as if the wall clock had been set forward and back */
	for (int sign = -1; sign <= 1; sign += 2) {
		int64_t offset = s.offset;
		s.offset += sign * 5 * (int64_t)NS_PER_S;
		assert_true(stamp_clock_check(&s, clock_now()));
		assert_true(s.offset - offset < 10000 && offset - s.offset < 10000);
		assert_false(stamp_clock_check(&s, clock_now()));
	}
	assert_int_equal(s.steps, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapping),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_tls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
