/* tests/unit/suite/test-watch.c - what a service holds is seen, each kind by itself.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "suite/watch.h"

#define WAIT_NS (10 * NS_PER_S)

/* A process that we may look into, with a TMPDIR of its own and a log that begins with a line end,
 * so that it is known when it runs. */
struct patient {
	char folder[64];
	pid_t pid;
	struct service service;
	const char *url;
	struct watch *watch;
};

static void patient_start(struct patient *p, const char *script)
{
	static char temp[80], log[80];
	const char *argv[] = {"sh", "-c", script, NULL};
	const char *env[] = {temp, NULL};
	struct err e;
	*p = (struct patient){.folder = P_tmpdir "/assay-watch-XXXXXX",
			      .url = "http://127.0.0.1:1/"};
	assert_non_null(mkdtemp(p->folder));
	(void)snprintf(temp, sizeof(temp), "TMPDIR=%s", p->folder);
	(void)snprintf(log, sizeof(log), "%s.log", p->folder);
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd > 0);
	struct process_spec spec = {.argv = argv, .env = env, .out = fd, .err = fd};
	assert_int_equal(process_start(&spec, &p->pid, &e), 0);
	struct stat st = {0};
	uint64_t until = clock_now() + WAIT_NS;
	while (fstat(fd, &st) == 0 && st.st_size == 0 && clock_now() < until)
		(void)clock_sleep_until(clock_now() + NS_PER_MS);
	assert_true(st.st_size > 0);
	(void)close(fd);
	p->service.urls = (struct strings){.items = &p->url, .n = 1};
	p->watch = watch_new(&p->service, p->pid);
	assert_non_null(p->watch);
}

static void patient_end(struct patient *p)
{
	char log[80];
	(void)snprintf(log, sizeof(log), "%s.log", p->folder);
	(void)process_end(p->pid, NS_PER_S);
	(void)watch_free(p->watch);
	(void)file_remove_tree(p->folder, NULL);
	(void)unlink(log);
}

/* Wait until this value has come to at least so much. */
static void expect(struct patient *p, size_t offset, double least)
{
	uint64_t until = clock_now() + WAIT_NS;
	struct usage u;
	double value;
	do {
		watch_read(p->watch, &u);
		memcpy(&value, (const char *)&u + offset, sizeof(value));
	} while (!(value >= least) && clock_now() < until);
	assert_true(value >= least);
}

static void test_process(void **state)
{
	struct patient p;
	struct usage u;
	(void)state;
	/* it stays what it is: where a program becomes another one, its environment is away */
	patient_start(&p, "echo; kill -STOP $$");
	expect(&p, offsetof(struct usage, rss), 1);
	watch_read(p.watch, &u);
	assert_true(u.rss > 0 && u.peak >= u.rss);
	assert_true(u.fds >= 3 && u.threads == 1);
	assert_true(u.close_wait == 0);
	assert_true(u.temp_files == 0);
	assert_true(u.log_bytes == 1);
	assert_true(isnan(u.running));
	assert_false(watch_gone(p.watch));
	patient_end(&p);
}

static void test_files(void **state)
{
	struct patient p;
	(void)state;
	patient_start(&p, "echo; echo some words; : >$TMPDIR/a; : >$TMPDIR/b; "
			  "sleep 60 & sleep 60");
	expect(&p, offsetof(struct usage, temp_files), 2);
	expect(&p, offsetof(struct usage, log_bytes), 12);
	expect(&p, offsetof(struct usage, threads), 3);	/* of the tree */
	char tail[64];
	watch_log_tail(p.watch, 6, tail, sizeof(tail));
	assert_string_equal(tail, "words\n");
	patient_end(&p);
}

/* A server that does not close what its client has closed: this program itself. */
static void test_close_wait(void **state)
{
	struct patient p = {.url = "http://127.0.0.1:1/"};
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	struct usage before;
	(void)state;
	p.service.urls = (struct strings){.items = &p.url, .n = 1};
	p.watch = watch_new(&p.service, getpid());
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &len), 0);
	watch_read(p.watch, &before);
	assert_true(before.close_wait == 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&a, len), 0);
	int server = accept(listener, NULL, NULL);
	assert_true(server >= 0);
	(void)close(client);
	expect(&p, offsetof(struct usage, close_wait), 1);
	expect(&p, offsetof(struct usage, fds), before.fds + 1);
	(void)close(server);
	(void)close(listener);
	(void)watch_free(p.watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_close_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
