/* tests/unit/suite/test-fault-proof.c - the part of the proof that takes minutes: all cases on a
 * sim with one defect find that and nothing else; defects that show after long waiting.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fault_rows.h"

static const struct row rows[] = {
	{"fault-500", "asr", "A15a,H01a", "wrong-status", "HTTP 500"},
	{"error-200", "asr", "A15a", "wrong-status", "HTTP 200"},
	{"wraps", "tts", "T10", "wrong-status", "jumps"},
	{"crosstalk", "tts", "T08", "collateral", NULL},
	{"crosstalk", "asr", "A26n", "collateral", NULL},
	{"sticky", "tts", "S12", "collateral", NULL},
	{"leaks", "chat", "H02e,H07j", "leak", "memory grew"},
	{"leaks-threads", "tts", "H02e", "leak", "threads"},
	{"leaks-connections", "chat", "H02e", "leak", "open files"},
	{"amplifies", "chat", "H02e", "leak", "memory rose"},
	{"floods-log", "chat", "H02e", "leak", "the log grew"},
	{"dies", "asr", "A15b", "dead", NULL},
	{"hangs", "chat", "H17d", "dead", NULL},
	{"deadlocks", "chat", "I28n", "dead", "did not end"},
	{"deadlocks", "tts", "A20n", "dead", "did not end"},
	{"blocks", "chat", "H02e", "collateral", "good request"},
	{"health-waits", "chat", "I09", "slow", "health route"},
	{"quadratic", "asr", "H14g,H14h", "slow", "answered after"},
	{"fetches", "chat", "I23b", "slow", NULL},
	{"fault-500", "chat", NULL, "wrong-status", NULL},
	{"error-200", "asr", NULL, "wrong-status", NULL},
	{"echoes", "chat", NULL, "wrong-status", NULL},
	{"shows-inside", "tts", NULL, "wrong-status", NULL},
	{"crosstalk", "tts", NULL, "collateral", NULL},
	{"hears-the-last", "asr", NULL, "collateral", NULL},
	{"logs-input", "asr", NULL, "leak", NULL},
	{"header-in-each-piece", "tts", NULL, "wrong-status", NULL},
	{"wraps", "tts", NULL, "wrong-status", NULL},
	{"cuts-characters", "chat", NULL, "wrong-status", NULL},
	{"litters", "chat", NULL, "leak", NULL},
	{"leaks-connections", "asr", NULL, "leak", NULL},
};

int main(void)
{
	static struct CMUnitTest tests[ROW_TESTS_MAX];
	(void)row_tests(rows, ARRAY_LEN(rows), tests);
	return _cmocka_run_group_tests("proof", tests, ARRAY_LEN(rows), NULL, NULL);
}
