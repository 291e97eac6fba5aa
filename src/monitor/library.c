/* src/monitor/library.c - see library.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/library.h"

#include <dlfcn.h>

#include "base/util.h"

void *library_open(const char *variable, const char *const *names, const char *what,
		   struct err *e)
{
	const char *named = getenv(variable);
	const char *only[] = {named, NULL};
	const char *const *list = named && *named ? only : names;
	char why[300] = "not found";
	bool there = false;	/* a file that is there and cannot be loaded says more */
	for (size_t i = 0; list[i]; i++) {
		void *library = dlopen(list[i], RTLD_LAZY | RTLD_GLOBAL);
		if (library)
			return library;
		const char *text = dlerror();
		bool missing = text && strstr(text, "No such file");
		if (text && !there)
			(void)snprintf(why, sizeof(why), "%s", text);
		there |= !missing;
	}
	(void)err_set(e, ERR_UNSUPPORTED, "%s cannot be loaded: %s (%s may name the file)", what,
		      why, variable);
	return NULL;
}

bool library_find(void *library, const char *name, void *to)
{
	void *symbol = dlsym(library, name);
	memcpy(to, &symbol, sizeof(symbol));
	return symbol != NULL;
}
