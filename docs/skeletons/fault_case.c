/* docs/skeletons/fault_case.c - fault cases to begin from. Rows like these go into the table of
 * their family (src/suite/fault_*.c). The canaries before, beside and after are not theirs to send.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault.h"

/* Which variant: f->c->arg. */
static const struct {
	const char *name;
	const void *data;
	size_t len;
} files[] = {
	{"empty.wav", "", 0},
	{"riff.wav", "RIFF", 4},
};

static bool broken_file(struct fault *f)
{
	return fault_audio(f, files[f->c->arg].name, files[f->c->arg].data, files[f->c->arg].len);
}

extern const struct fault_case skeleton_faults[];
const struct fault_case skeleton_faults[] = {
	{.id = "Z01a", .kinds = "asr", .name = "an empty file", .must = "refuse it",
	 .source = "where it was seen", .allowed = ALLOW_REFUSE, .send = broken_file, .arg = 0},
	{.id = "Z01b", .kinds = "asr", .name = "four bytes of a WAV", .must = "refuse it",
	 .source = "where it was seen", .allowed = ALLOW_REFUSE, .send = broken_file, .arg = 1},
	{0},
};
