/* tests/unit/suite/test-fault-live.c - the case of a live transcription without sound says to the
 * server what it should, and judges what comes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "server.h"
#include "suite/fault.h"

static const struct fault_case *case_of(const char *id)
{
	const struct fault_case *c = fault_stream_cases;
	while (c->id && strcmp(c->id, id) != 0)
		c++;
	assert_non_null(c->id);
	return c;
}

struct host {
	const char *reply;	/* to the upgrade */
	bool began, ended;	/* what the frames said */
};

static void serve(struct fake_conn *c, void *ctx)
{
	struct host *h = ctx;
	char got[4096];
	size_t len = 0;
	ssize_t n;
	CLEANUP(buf_release) struct buf head = BUF_INIT(65536);
	if (!fake_read(c, &head) || !fake_say(c, h->reply))
		return;
	while (len < sizeof(got) && (n = recv(c->fd, got + len, sizeof(got) - len, 0)) > 0) {
		len += (size_t)n;
		h->began |= memmem(got, len, "\"is_speaking\":true", 18) != NULL;
		h->ended |= memmem(got, len, "\"is_speaking\":false", 19) != NULL;
		if (h->ended)
			return;
	}
}

static void run(struct host *h, struct fault *f)
{
	struct fake *server = fake_start(&(struct fake_spec){serve, h, NULL});
	char text[64];
	const char *http = fake_url(server, "/", text, sizeof(text));
	char url[80];
	const char *list = url;
	(void)snprintf(url, sizeof(url), "ws%s", http + 4);
	struct service s = {.urls = {.items = &list, .n = 1}};
	*f = (struct fault){.c = case_of("A24"), .service = &s, .scratch = arena_new(),
			    .patience_ns = 10 * NS_PER_S};
	assert_true(f->c->send(f));
	(void)arena_free(f->scratch);
	fake_stop(server);
}

static void test_agreed(void **state)
{
	struct host h = {.reply = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"};
	struct fault f;
	(void)state;
	run(&h, &f);
	assert_true(h.began && h.ended);
	assert_null(f.finding);
}

static void test_refused(void **state)
{
	struct host h = {.reply = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"};
	struct fault f;
	(void)state;
	run(&h, &f);
	assert_string_equal(f.finding, "wrong-status");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agreed),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
