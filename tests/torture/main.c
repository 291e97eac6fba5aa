/* tests/torture/main.c - runs each piece of work again and again, with its first call failing,
 * then its second, and so on: no crash, no leak, no error without words, no false success.
 *
 * An arena that is out of memory ends the program with its message: accepted.
 * torture [WORK]           all, or one
 * torture WORK KIND NTH    one run without a child, for a debugger (break at inject_failing)
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "base/util.h"
#include "inject.h"
#include "torture.h"

#define RUNS_MAX 400	/* of one work and kind: of many calls every k-th fails */
#define TIME_LIMIT 20	/* s for one run */

static const char *const kinds[INJECT_KINDS] = {"memory", "calls", "interrupts", "short"};

enum { FINE, LEAKED, SILENT, WRONG, NEVER_HIT, GAVE_UP };
static const char *const verdicts[] = {"fine", "leaked", "failed without words",
				       "said it had succeeded, but had not",
				       "never came to that call",
				       "took for a failure what is none"};

static int once(const struct torture *t, enum inject_kind kind, long nth)
{
	struct err e = {0};
	long before = inject_held();
	inject_arm(kind, nth);
	int rc = t->work(&e);
	bool hit = inject_hit();
	inject_disarm();
	if (!hit)
		return NEVER_HIT;
	if (rc == TORTURE_WRONG)
		return WRONG;
	if (rc < 0 && !e.text[0])
		return SILENT;
	if (rc < 0 && (kind == INJECT_INTERRUPTS || kind == INJECT_SHORT)) {
		(void)fprintf(stderr, "%s\n", e.text);
		return GAVE_UP;
	}
	if (inject_held() != before) {
		(void)fprintf(stderr, "%ld more pieces than before; %s\n",
			      inject_held() - before, rc < 0 ? e.text : "success");
		return LEAKED;
	}
	return FINE;
}

/* A leak shows each time; what a library keeps for good after its first failure does not. */
static int verdict_of(const struct torture *t, enum inject_kind kind, long nth)
{
	int verdict = once(t, kind, nth);
	return verdict == LEAKED ? once(t, kind, nth) : verdict;
}

/* In a child: NULL when all is well, else what was not. */
static const char *run(const struct torture *t, enum inject_kind kind, long nth, char *said,
		       size_t size)
{
	int ends[2];
	if (pipe(ends) < 0)
		return "no pipe";
	pid_t pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		(void)alarm(TIME_LIMIT);
		_exit(verdict_of(t, kind, nth));
	}
	(void)close(ends[1]);
	size_t len = 0;
	ssize_t n;
	while (len + 1 < size && (n = read(ends[0], said + len, size - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	(void)close(ends[0]);
	int status = 0;
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return "no child";
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == FINE ? NULL : verdicts[WEXITSTATUS(status)];
	if (WTERMSIG(status) == SIGABRT && str_ends(said, "assay: out of memory\n"))
		return NULL;
	return strsignal(WTERMSIG(status));
}

/* One line of TAP. */
static bool torture(const struct torture *t, enum inject_kind kind, int number)
{
	struct err e = {0};
	static char said[4096];
	for (int i = 0; i < 2; i++)	/* what libraries keep for good is made now */
		if (t->work(&e) != 0) {
			(void)printf("not ok %d - %s: fails by itself: %s\n", number, t->name,
				     e.text);
			return false;
		}
	inject_arm(kind, 0);
	(void)t->work(&e);
	long calls = inject_count();
	inject_disarm();
	if (calls == 0) {
		(void)printf("ok %d - %s # SKIP makes no calls of this kind: %s\n", number, t->name,
			     kinds[kind]);
		return true;
	}
	long step = 1 + calls / RUNS_MAX;
	for (long nth = 1; nth <= calls; nth += step) {
		const char *wrong = run(t, kind, nth, said, sizeof(said));
		if (!wrong)
			continue;
		(void)printf("not ok %d - %s: %s call %ld of %ld fails: %s\n# %s\n", number,
			     t->name, kinds[kind], nth, calls, wrong, said);
		return false;
	}
	(void)printf("ok %d - %s: each of %ld calls (%s), every %ld\n", number, t->name, calls,
		     kinds[kind], step);
	return true;
}

/* Over all lists; NULL at the end. */
static const struct torture *torture_at(size_t i)
{
	static const struct torture *const lists[] = {tortures, tortures_of_readers};
	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (const struct torture *t = lists[k]; t->name; t++)
			if (i-- == 0)
				return t;
	return NULL;
}

static int alone(const char *name, const char *kind, long nth)
{
	const struct torture *t;
	struct err e;
	size_t i = 0;
	int which = 0;
	while ((t = torture_at(i)) && strcmp(t->name, name) != 0)
		i++;
	while (which < INJECT_KINDS && strcmp(kind, kinds[which]) != 0)
		which++;
	if (!t || which == INJECT_KINDS)
		return 1;
	for (int k = 0; k < 2; k++)
		(void)t->work(&e);
	int verdict = verdict_of(t, (enum inject_kind)which, nth);
	(void)printf("%s\n", verdicts[verdict]);
	return verdict != FINE;
}

int main(int argc, char **argv)
{
	int n = 0;
	bool good = true;
	if (argc == 4)
		return alone(argv[1], argv[2], strtol(argv[3], NULL, 10));
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	const struct torture *t;
	for (size_t i = 0; (t = torture_at(i)); i++)
		n += argc < 2 || strcmp(argv[1], t->name) == 0;
	(void)printf("1..%d\n", n * INJECT_KINDS);
	n = 0;
	for (size_t i = 0; (t = torture_at(i)); i++)
		for (int kind = 0; kind < INJECT_KINDS; kind++)
			if (argc < 2 || strcmp(argv[1], t->name) == 0)
				good = torture(t, (enum inject_kind)kind, ++n) && good;
	return good ? 0 : 1;
}
