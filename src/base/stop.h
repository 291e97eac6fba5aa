/* src/base/stop.h - has the user asked to end the work (Ctrl-C, SIGTERM)?
 *
 * A signal reaches the whole process, so this is the one global state of the library. Long
 * work looks at stop_requested() or polls stop_fd() and ends early with what it has.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdbool.h>

/* Handle SIGINT and SIGTERM: the first sets the flag, a second ends the process at once with
 * status 4. SIGPIPE is ignored. Called once by the program, never by the library. */
void stop_install(void);

/* A file that may not grow any more (ulimit -f) is an error of that file (EFBIG), as a full disk
 * is: SIGXFSZ ends nothing. Called by the program, first of all. */
void stop_mind_file_size(void);

/* Written to standard error when a second signal ends the process: what a terminal's line needs to
 * be left clean. NULL: nothing. The text must stay. */
void stop_last_words(const char *text);

/* For one of several processes that a launcher started: launchers repeat their signals, and kill
 * who does not listen, so a second signal ends nothing. */
void stop_be_patient(void);

bool stop_requested(void);

/* Becomes readable, and stays so, once stop was requested; -1 before stop_install(). */
int stop_fd(void);

/* As if the user had asked (tests; a run that ends itself). */
void stop_request(void);

/* Forget the request (tests). */
void stop_reset(void);

#endif
