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
	bool ui;			/* the live page */
	int64_t ui_port;		/* where; -1: --ui decides */
	struct strings exports;		/* FORM:FILE; of export_options */
	const char *title;
	const char *command;		/* that repeats it; not an option */
	const char *demo;		/* that starts the demo's services anew; NULL: no demo */
};
extern const struct opt session_options[];
extern const struct opt export_options[];	/* of those that have performance runs */

/* Services named on the command line, for commands without a plan. */
struct url_options {
	const char *asr, *tts, *chat;
	const char *protocol, *model;
	const struct yaml_node *protocol_keys;	/* the protocol's own; NULL: none */
};
extern const struct opt url_options[];

/* One item of a suite, with its settings read and checked. */
struct session_item {
	const struct suite *suite;
	void *settings;
	struct optset sets[SUITE_SETS_MAX];
	size_t n_sets;
};

struct session {
	struct arena *arena;
	const struct common_options *common;
	const struct session_options *options;
	struct plan plan;
	struct session_item *items;
	size_t n_items;
	struct deployed **deployed;	/* by index of plan.services; or NULL */
	struct progress_view *view;
	struct dist *dist;		/* joined in session_run(); NULL: no other ranks */
};

/* All sections that plans may hold; ends with a NULL path. */
const struct plan_section *session_sections(void);

/* Read a plan file, and read and check every item of every suite (of --only). */
int session_open(struct session *s, const char *plan_path, struct err *e);

/* What is not in its arena; for CLEANUP(). */
void session_release(struct session *s);

/* A new item of a suite with default settings, for commands without a plan. */
struct session_item *session_add_item(struct session *s, const struct suite *suite);

/* Do an item's settings fit the services? */
int session_check_item(const struct session *s, const struct session_item *item, struct err *e);

/* A plan made of the services named on the command line. */
int session_open_urls(struct session *s, const struct url_options *urls, struct err *e);

/* The settings of the plan as understood, defaults filled in: for plan explain. */
json_t *session_explain(const struct session *s);

/* The plan or the options cannot be used: says why (once, when several ranks were started); gives
 * the exit status. */
int session_refuse(struct session *s, struct err *e);

/* Run all suites of the plan (or those of --only); write the report folder; print the verdict.
 * Returns the exit status. */
int session_run(struct session *s);

#endif
