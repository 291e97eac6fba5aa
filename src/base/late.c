/* src/base/late.c - see late.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/late.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int fill(struct late_library *l, struct err *e)
{
	void *library = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return err_set(e, ERR_UNSUPPORTED, "%s cannot be loaded (%s): install the package "
			       "%s", l->file, dlerror(), l->package);
	for (size_t i = 0; l->functions[i]; i++) {
		void *symbol = dlsym(library, l->functions[i]);
		if (!symbol) {
			(void)dlclose(library);
			return err_set(e, ERR_UNSUPPORTED, "%s has no function %s: a newer package "
				       "%s is needed", l->file, l->functions[i], l->package);
		}
		/* POSIX lets a symbol's address become a function's. */
		memcpy((char *)l->table + i * sizeof(symbol), &symbol, sizeof(symbol));
	}
	atomic_store_explicit(&l->bound, true, memory_order_release);
	return 0;
}

int late_bind(struct late_library *l, struct err *e)
{
	if (atomic_load_explicit(&l->bound, memory_order_acquire))
		return 0;
	(void)pthread_mutex_lock(&lock);
	int rc = atomic_load_explicit(&l->bound, memory_order_relaxed) ? 0 : fill(l, e);
	(void)pthread_mutex_unlock(&lock);
	return rc;
}
