/* src/cli/session.h - a plan from its text to its verdict: what run, demo, bench, soak, faults,
 * check and accuracy have in common.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/command.h"
#include "cli/progress.h"
#include "plan/plan.h"
#include "suite/suite.h"

/* Options that all of these commands share. */
struct session_options {
	const char *out;		/* report folder */
	struct strings set;		/* --set a.b=c */
	struct strings only;		/* suites */
	bool long_cases;
	bool monitor;
	const char *lang;
	const char *title;
	const char *command;		/* that repeats it; not an option */
};
extern const struct opt session_options[];

/* Services named on the command line, for commands without a plan. */
struct url_options {
	const char *asr, *tts, *chat;
	const char *protocol, *model;
};
extern const struct opt url_options[];

struct session {
	struct arena *arena;
	const struct common_options *common;
	const struct session_options *options;
	struct plan plan;
	struct deployed **deployed;	/* by index of plan.services; or NULL */
	struct progress_view *view;
};

/* All sections that plans may hold; ends with a NULL path. */
const struct plan_section *session_sections(void);

/* Read a plan file, and check every item of every suite. */
int session_open(struct session *s, const char *plan_path, struct err *e);

/* Read what every item says and check it against the services. Used by plan check as well. */
int session_check(const struct session *s, struct err *e);

/* The settings of the plan as understood, defaults filled in: for plan explain. */
json_t *session_explain(const struct session *s, struct err *e);

/* Run all suites of the plan (or those of --only); write the report folder; print the verdict.
 * Returns the exit status. */
int session_run(struct session *s);

#endif
