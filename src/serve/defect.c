/* src/serve/defect.c - see defect.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/defect.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "serve/server_parts.h"
#include "serve/sim_defect.h"

#define LIE_NS	   (4 * NS_PER_S)
#define SLOW_NS	   (6 * NS_PER_S)
#define LEAK	   ((size_t)24 << 20)
#define AMPLIFIED  ((size_t)800 << 20)
#define LOOK_NS	   (20 * NS_PER_MS)
#define DEATH	   3	/* exit status */

/* Only the sim has any. */
static bool has(const struct request *r, const char *name)
{
	const struct server_spec *spec = &r->server->spec;
	return spec->stamp && spec->defects && spec->defects->n &&
	       sim_has_defect(spec->defects, name);
}

static bool stopping(const struct request *r)
{
	return atomic_load(&r->server->stopping);
}

static void hang(struct request *r, uint64_t until)
{
	while (clock_now() < until && !stopping(r))
		(void)clock_sleep_until(clock_now() + LOOK_NS);
}

int defect_gate(struct request *r)
{
	struct defect_state *d = &r->server->defect;
	bool work = r->route && !r->route->open && r->route->body != BODY_NONE;
	if (atomic_load(&d->hung))
		hang(r, UINT64_MAX);
	if (work && clock_now() < atomic_load(&d->bad_until))
		return refuse(r, 500, "simulated", "a simulated engine that is dead");
	if (work && atomic_exchange(&d->poisoned, false))
		return refuse(r, 500, "simulated", "a simulated cache that is broken");
	return 0;
}

/* Memory that is really used, and kept when it leaks. */
static void use_memory(size_t size, bool keep)
{
	static void *_Atomic kept;	/* the last one is reachable: the others are the leak */
	char *p = malloc(size);
	for (size_t i = 0; p && i < size; i += 4096)
		((volatile char *)p)[i] = 1;
	if (keep)
		atomic_store(&kept, p);
	else
		free(p);
}

void defect_refused(struct request *r)
{
	struct refusal *f = &r->refusal;
	struct defect_state *d = &r->server->defect;
	if (f->status < 400 || f->status >= 500 || !r->route)
		return;
	if (has(r, "dies") && (strcmp(f->code, "invalid_json") == 0 ||
			       strcmp(f->code, "unsupported_format") == 0))
		_exit(DEATH);
	if (has(r, "fault-500"))
		f->status = 500;
	if (has(r, "error-200"))
		f->status = 200;
	if (has(r, "amplifies"))
		use_memory(AMPLIFIED, false);
	if (has(r, "leaks"))
		use_memory(LEAK, true);
	if (has(r, "health-lies"))
		atomic_store(&d->bad_until, clock_now() + LIE_NS);
	if (has(r, "poisoned"))
		atomic_store(&d->poisoned, true);
	if (has(r, "slow-refusals"))
		hang(r, clock_now() + SLOW_NS);
	if (has(r, "echoes"))
		(void)snprintf(f->message, sizeof(f->message), "cannot read '%.200s'", r->echo);
}

void defect_body(struct request *r, const char *data, size_t len)
{
	size_t used = strlen(r->echo);
	if (!has(r, "echoes"))
		return;
	for (size_t i = 0; i < len && used + 1 < sizeof(r->echo); i++)
		r->echo[used++] = data[i] >= ' ' && data[i] < 127 ? data[i] : '?';
	r->echo[used] = '\0';
}

void defect_left(struct request *r)
{
	const json_t *header;
	const char *payload;
	size_t len;
	if (has(r, "hangs"))
		atomic_store(&r->server->defect.hung, true);
	if (!has(r, "swallows") || !r->call)
		return;
	while (!stopping(r) && call_next(r->call, &header, &payload, &len) == CALL_FRAME)
		;	/* generated for nobody */
}

int defect_client_fd(const struct request *r)
{
	return r->conn && !has(r, "swallows") ? r->conn->fd : -1;
}
