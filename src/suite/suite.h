/* src/suite/suite.h - the table of suites: what can be tested, and what every suite is given.
 *
 * A suite reads its settings from a section of a plan (or from a command's options), checks them
 * against the services before anything runs, and then measures into the result. A service that
 * dies, or a suite that cannot run, is written into the result (errors, skipped); the rest of
 * the plan still runs.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_SUITE_H
#define SUITE_SUITE_H

#include <stdbool.h>

#include "base/opt.h"
#include "dist/dist.h"
#include "deploy/deploy.h"
#include "media/picture.h"
#include "media/speech.h"
#include "monitor/monitor.h"
#include "plan/plan.h"
#include "protocols/service.h"
#include "result/progress.h"
#include "result/result.h"
#include "store/store.h"
#include "suite/samples.h"

struct keeper;

/* What a suite works with. Owned by the command. */
struct suite_env {
	struct arena *arena;		/* lives as long as the result */
	const struct plan *plan;	/* services and data; made up without a plan */
	struct deployed *const *deployed;	/* by index of plan->services, or NULL */
	struct samples *samples;	/* corpora and made inputs, shared by all suites */
	struct speaker *speaker;	/* made speech */
	struct painter *painter;	/* made pictures */
	const struct progress *progress;
	struct monitor *monitor;	/* runs beside; NULL: nothing is watched */
	struct keeper *keeper;		/* of the requests of performance runs; may be NULL */
	struct store *store;		/* parts are saved as they are measured; may be NULL */
	bool long_cases;		/* --long: also what takes minutes */
	struct dist *dist;		/* other ranks that make the same load; NULL: none */
	struct result *own;		/* rank 0 of several: its own share of each run */
	/* For commands that repeat one case: the plan and what changed it, as words of a shell;
	 * NULL: the services were named by URLs. demo: what starts the services anew, or NULL. */
	const char *words, *demo;
};

#define SUITE_SETS_MAX 6

struct suite {
	const char *name;		/* performance, functional, faults, soak, accuracy */
	struct plan_section section;	/* where a plan holds it */
	const char *summary;
	size_t settings_size;
	bool spread;			/* all ranks of a run take part; else rank 0 alone */

	/* Bind the suite's option tables to its (zeroed) settings; returns how many sets. Defaults
	 * are filled in by the caller. */
	size_t (*bind)(void *settings, struct optset sets[SUITE_SETS_MAX]);

	/* Defaults that depend on the service, where the user has not set the option (opt_given()).
	 * Called before check(). May be NULL. */
	void (*settle)(void *settings, const struct optset *sets, const struct suite_env *env);

	/* Do the settings fit together and to the services? Nothing is sent. Errors without a
	 * place: the caller puts the plan's line in front. */
	int (*check)(void *settings, const struct suite_env *env, struct err *e);

	/* Measure. -1 only when nothing of it could be done (the caller notes it in
	 * result->errors and goes on). Ends early when stop_requested(). */
	int (*run)(void *settings, const struct suite_env *env, struct result *r, struct err *e);

	/* Its cases for --list: an array of {id, service, name, judged, source}. May be NULL. */
	json_t *(*list)(void);

	/* When the monitor has ended and its readings are in the result: what needs them (leaks).
	 * May be NULL. */
	void (*after)(void *settings, struct result *r);
};

const struct suite *suite_find(const char *name);
const struct suite *suite_at(size_t i);	/* in the order in which a plan runs; NULL at the end */

/* The inputs of a plan's data by name (read or made on first use); data NULL: made ones that
 * fit the service's kind. A name that the plan does not have is an error. */
int suite_samples(const struct suite_env *env, const struct service *s, const char *data,
		  const struct sample **ret, size_t *ret_n, struct err *e);

/* The service of this name; an error that lists the services there are. */
const struct service *suite_service(const struct suite_env *env, const char *name, struct err *e);

/* The deployment of a service, when this program started it; else NULL. */
struct deployed *suite_deployed(const struct suite_env *env, const struct service *s);

/* The command that makes a case's input and asks it again, in the arena. */
struct case_ref {
	const char *command;		/* check, faults */
	const char *id;
	int64_t seed;
	bool minutes;			/* runs with --long alone */
};
const char *suite_again(const struct suite_env *env, const struct service *s,
			const struct case_ref *c);

/* The service as the result names it. */
struct service_ref suite_service_ref(const struct service *s);

#endif
