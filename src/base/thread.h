/* src/base/thread.h - threads that are joined, and where they run.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

#include "base/err.h"

/* Start f(arg) on a thread that has all signals blocked (the main thread handles them). name:
 * at most 15 bytes, seen in top -H. Join with pthread_join(). */
int thread_start(pthread_t *ret_thread, const char *name, void *(*f)(void *), void *arg,
		 struct err *e);

/* CPUs that this process may use, in ascending order; at most max. Returns how many. */
int thread_cpus(int *ret_cpus, int max);

/* Bind the calling thread to one CPU. */
int thread_pin(int cpu, struct err *e);

#endif
