/* src/suite/suites.h - the rows of the table of suites.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_SUITES_H
#define SUITE_SUITES_H

#include "suite/suite.h"

/* Their own option tables, for the help of their commands. */
extern const struct opt performance_options[];
extern const struct opt functional_options[];
extern const struct opt faults_options[];
extern const struct opt soak_options[];
extern const struct opt accuracy_options[];

extern const struct suite suite_performance;
extern const struct suite suite_functional;
extern const struct suite suite_faults;
extern const struct suite suite_soak;
extern const struct suite suite_accuracy;

#endif
