/* tests/unit/monitor/test-process.c - real process trees: what they use, hold, and lose.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/monitor/collect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "monitor/proc.h"
#include "monitor/tree.h"
#include "tests/sanitize/sanitized.h"

/* A child with a child of its own; both wait to be killed. ready becomes readable then. */
static pid_t start_family(int held_fds)
{
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* Not left behind, holding this program's output, when a check fails. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int i = 0; i < held_fds; i++)
			(void)dup(0);
		pid_t grandchild = fork();
		if (grandchild == 0)
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (grandchild > 0 && write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	char c;
	assert_int_equal(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	return pid;
}

/* One; under an emulator or a sanitizer more, which are its own. */
static double threads_of_this(void)
{
	char text[4096];
	assert_true(proc_read(NULL, text, sizeof(text), "/proc/self/status") > 0);
	double n = proc_value(text, "Threads:");
	assert_true(n == 1 || (n > 1 && (SANITIZED || patience_factor() > 1)));
	return n;
}

static void end_family(pid_t pid)
{
	struct tree t = {0};
	assert_int_equal(tree_find(&t, NULL, pid), 0);
	for (size_t i = 0; i < t.n; i++)
		(void)kill(t.pids[i], SIGKILL);
	(void)waitpid(pid, NULL, 0);
	tree_release(&t);
}

static void *open_for(const struct monitor_target *t)
{
	struct err e;
	struct monitor_spec spec = {.targets = t, .n_targets = 1};
	void *s = NULL;
	assert_int_equal(sampler_find("process")->open(&spec, &s, &e), 0);
	return s;
}

static void test_tree_and_its_end(void **state)
{
	(void)state;
	struct err e = {0};
	static struct collect c = COLLECT_INIT;
	const struct sampler *row = sampler_find("process");
	pid_t pid = start_family(5);
	char device[64];
	(void)snprintf(device, sizeof(device), "asr pid %d", (int)pid);
	struct monitor_target t = {.name = "asr", .pid = pid};
	void *s = open_for(&t);
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	assert_true(collect_last(&c, device, "processes") == 2);
	/* ThreadSanitizer's own thread comes and goes. */
	if (!SANITIZED)
		assert_true(collect_last(&c, device, "threads") == 2 * threads_of_this());
	assert_true(collect_last(&c, device, "rss") > 10000);
	assert_true(collect_last(&c, device, "pss") > 1000);
	assert_true(collect_last(&c, device, "fds") >= 2 * (5 + 1));
	assert_true(isnan(collect_last(&c, device, "cpu")));
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	assert_true(collect_last(&c, device, "cpu") >= 0);
	end_family(pid);
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), -1);
	assert_non_null(strstr(e.text, "is gone"));
	assert_true(collect_last(&c, device, "processes") == 0);
	row->close(s);
}

static void test_cpu_of_this_process(void **state)
{
	(void)state;
	need_own_stat();
	struct err e;
	static struct collect c = COLLECT_INIT;
	const struct sampler *row = sampler_find("process");
	struct monitor_target t = {.name = "me", .pid = getpid()};
	void *s = open_for(&t);
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	uint64_t wall = clock_now();
	uint64_t cpu = clock_process_cpu();
	while (clock_process_cpu() - cpu < 200 * NS_PER_MS)
		;	/* work that is to be seen */
	assert_int_equal(collect_turn(&c, row, s, clock_now(), &e), 0);
	double expected = 100.0 * (double)(clock_process_cpu() - cpu) /
			  (double)(clock_now() - wall);
	char device[64];
	(void)snprintf(device, sizeof(device), "me pid %d", (int)getpid());
	double seen = collect_last(&c, device, "cpu");
	/* The kernel counts in ticks of 10 ms: two of them in 200 ms. */
	assert_true(fabs(seen - expected) <= expected * 0.11 + 1);
	row->close(s);
}

static void test_sockets_by_state(void **state)
{
	(void)state;
	int listening = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	assert_int_equal(bind(listening, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listening, 4), 0);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&at, &len), 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&at, len), 0);
	int server = accept(listening, NULL, NULL);
	assert_true(server >= 0);
	struct tree t = {0};
	struct socket_counts n;
	assert_int_equal(tree_find(&t, NULL, getpid()), 0);
	assert_int_equal(tree_count_sockets(&t, NULL, &n), 0);
	assert_int_equal(n.listening, 1);
	assert_int_equal(n.established, 2);
	assert_int_equal(n.close_wait, 0);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	char c;
	assert_int_equal(read(server, &c, 1), 0);	/* the end was seen: CLOSE_WAIT */
	assert_int_equal(tree_count_sockets(&t, NULL, &n), 0);
	assert_int_equal(n.close_wait, 1);
	assert_int_equal(n.other, 1);			/* FIN_WAIT2 */
	tree_release(&t);
	(void)close(client);
	(void)close(server);
	(void)close(listening);
}

static void test_stat_text(void **state)
{
	(void)state;
	struct proc_stat s;
	static const char line[] =
		"12 (a) b (c)) R 1 12 12 0 -1 4194560 100 0 0 0 7 3 0 0 20 0 4 0 9000 1000 25 1 1";
	assert_true(proc_parse_stat(line, &s));
	assert_int_equal(s.state, 'R');
	assert_int_equal(s.ticks, 10);
	assert_int_equal(s.threads, 4);
	assert_int_equal(s.start_ticks, 9000);
	assert_int_equal(s.rss_pages, 25);
	for (size_t cut = 0; cut < strlen(line) - 6; cut++) {
		char text[sizeof(line)];
		memcpy(text, line, cut);
		text[cut] = '\0';
		assert_false(proc_parse_stat(text, &s));
	}
	assert_true(isnan(proc_value("MemTotal: x\n", "MemTotal:")));
	assert_true(proc_value("A: 1\nMemTotal:  17 kB", "MemTotal:") == 17);
	assert_true(isnan(proc_value("XMemTotal: 17", "MemTotal:")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree_and_its_end),
		cmocka_unit_test(test_cpu_of_this_process),
		cmocka_unit_test(test_sockets_by_state),
		cmocka_unit_test(test_stat_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
