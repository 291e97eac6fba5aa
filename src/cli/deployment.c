/* src/cli/deployment.c - see deployment.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/deployment.h"

#include <limits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/util.h"
#include "deploy/manifest.h"
#include "deploy/state.h"

const char *deployment_dir(const char *state, const char *name, struct arena *a, struct err *e)
{
	char real[PATH_MAX];
	const char *dir = state_dir(state_root(state, a), name, a);
	if (file_make_dirs(dir, e) < 0)
		return NULL;
	if (!realpath(dir, real)) {
		(void)err_sys(e, "cannot use the folder '%s'", dir);
		return NULL;
	}
	return arena_str(a, real);
}

const char *deployment_find(const char *state, const char *word, struct arena *a, struct err *e)
{
	char real[PATH_MAX];
	const char *root = state_root(state, a);
	const char *const names[] = {manifest_name(word, a), word};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *dir = state_dir(root, names[i], a);
		if ((i == 0 || !strchr(word, '/')) && realpath(dir, real) &&
		    access(real, F_OK) == 0)
			return arena_str(a, real);
	}
	(void)err_set(e, ERR_SYSTEM, "there is no deployment of '%s' in %s; assay ps lists what "
		      "is up", word, root);
	return NULL;
}

static void put_requests(const json_t *s, struct buf *out)
{
	const json_t *list = json_object_get(s, "requests");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *q = json_array_get(list, i);
		double first, last;
		if (json_number(q, "first_s", &first))
			(void)buf_fmt(out, "  first %s %.3g s", json_text(q, "ask", ""), first);
		if (json_number(q, "last_s", &last))
			(void)buf_fmt(out, ", warm %.3g s", last);
	}
}

void deployment_table(const json_t *state, struct buf *out)
{
	const json_t *services = json_object_get(state, "services");
	(void)buf_fmt(out, "%s (%s)%s\n", json_text(state, "name", "?"),
		      json_text(state, "file", "?"),
		      json_is_true(json_at(state, "supervisor.alive")) ? "" : ": no supervisor");
	for (size_t i = 0; i < json_array_size(services); i++) {
		const json_t *s = json_array_get(services, i);
		int64_t replica = 0, port = 0, pid = 0, restarts = 0;
		double ready;
		char id[64];
		(void)json_whole(s, "replica", &replica);
		(void)json_whole(s, "port", &port);
		(void)json_whole(s, "restarts", &restarts);
		(void)snprintf(id, sizeof(id), "%s.%lld", json_text(s, "service", "?"),
			       (long long)replica);
		(void)buf_fmt(out, "  %-14s %-9s", id, json_text(s, "state", "?"));
		if (json_number(s, "ready_s", &ready))
			(void)buf_fmt(out, " in %.3g s", ready);
		if (json_whole(s, "process.pid", &pid))
			(void)buf_fmt(out, "  pid %lld", (long long)pid);
		(void)buf_fmt(out, "  %s", json_text(s, "url", ""));
		if (!json_text(s, "url", NULL))
			(void)buf_fmt(out, "port %lld", (long long)port);
		if (restarts > 0)
			(void)buf_fmt(out, "  restarts %lld", (long long)restarts);
		put_requests(s, out);
		(void)buf_char(out, '\n');
		if (json_text(s, "reason", NULL))
			(void)buf_fmt(out, "    %s\n", json_text(s, "reason", ""));
		if (json_text(s, "proof.words", NULL))
			(void)buf_fmt(out, "    device: %s (%s)\n",
				      json_text(s, "proof.state", ""),
				      json_text(s, "proof.words", ""));
	}
}
