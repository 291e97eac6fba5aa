/* src/base/stop.c - see stop.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/stop.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/util.h"

static atomic_int requested;
static int event_fd = -1;
static atomic_bool patient;	/* a second signal ends nothing */
static _Atomic(const char *) last_words;

void stop_request(void)
{
	uint64_t one = 1;
	atomic_store(&requested, 1);
	if (event_fd >= 0) {
		ssize_t n = write(event_fd, &one, sizeof(one));
		(void)n;	/* the counter is full only when it was set long before */
	}
}

static void on_signal(int sig)
{
	(void)sig;
	int saved = errno;
	if (atomic_load(&requested) && !atomic_load(&patient)) {
		const char *words = atomic_load(&last_words);
		ssize_t n = words ? write(STDERR_FILENO, words, strlen(words)) : 0;
		(void)n;
		_exit(4);
	}
	stop_request();
	errno = saved;
}

static void go_on(int sig)
{
	(void)sig;
}

void stop_mind_file_size(void)
{
	/* A handler, unlike SIG_IGN, is not inherited by services. */
	const struct sigaction act = {.sa_handler = go_on, .sa_flags = SA_RESTART};
	(void)sigaction(SIGXFSZ, &act, NULL);
}

void stop_install(void)
{
	struct sigaction act = {.sa_handler = on_signal};
	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)sigaction(SIGINT, &act, NULL);
	(void)sigaction(SIGTERM, &act, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

void stop_last_words(const char *text)
{
	atomic_store(&last_words, text);
}

void stop_be_patient(void)
{
	atomic_store(&patient, true);
}

bool stop_requested(void)
{
	return atomic_load(&requested) != 0;
}

int stop_fd(void)
{
	return event_fd;
}

void stop_reset(void)
{
	uint64_t count;
	if (event_fd >= 0) {
		ssize_t n = read(event_fd, &count, sizeof(count));
		(void)n;
	}
	atomic_store(&requested, 0);
}
