/* src/base/thread.c - see thread.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>

#include "base/util.h"

int thread_start(pthread_t *ret_thread, const char *name, void *(*f)(void *), void *arg,
		 struct err *e)
{
	sigset_t all;
	sigset_t old;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	int why = pthread_create(ret_thread, NULL, f, arg);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (why != 0) {
		errno = why;
		return err_sys(e, "cannot start the thread '%s'", name);
	}
	(void)pthread_setname_np(*ret_thread, name);
	return 0;
}

int thread_cpus(int *ret_cpus, int max)
{
	cpu_set_t set;
	int n = 0;
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 0;
	for (int i = 0; i < CPU_SETSIZE && n < max; i++)
		if (CPU_ISSET(i, &set))
			ret_cpus[n++] = i;
	return n;
}

int thread_pin(int cpu, struct err *e)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	int why = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (why == 0)
		return 0;
	errno = why;
	return err_sys(e, "cannot use CPU %d", cpu);
}
