/* tests/unit/bridge/reading.h - reading other tools' result files, and looking at what came.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_READING_H
#define TESTS_READING_H

#include "tests/unit/unit.h"

#include <math.h>
#include <unistd.h>

#include "base/file.h"
#include "bridge/readers.h"

static inline const char *golden(struct arena *a, const char *name)
{
	return arena_fmt(a, "%s/tests/golden/bridge/%s", getenv("SOURCE_ROOT"), name);
}

static inline struct result *read_by(const char *reader, const char *path)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	const struct result_reader *found = result_reader_find(path, a);
	struct err e;
	if (!found)
		fail_msg("nobody reads %s", path);
	assert_string_equal(found->name, reader);
	struct result *r = result_reader_read(found, path, &e);
	if (!r)
		fail_msg("%s", e.text);
	return r;
}

static inline struct metric_value value(const struct run *run, const char *name)
{
	struct metric_value v;
	if (!run_value(run, name, &v))
		fail_msg("no %s in %s", name, run->name);
	return v;
}

static inline void check(const struct run *run, const char *name, double wanted)
{
	double got = value(run, name).value;
	if (fabs(got - wanted) > 1e-3 * fabs(wanted))
		fail_msg("%s of %s is %.9g, not %.9g", name, run->name, got, wanted);
}

static inline const char *put(struct arena *a, const char *name, const char *text)
{
	const char *path = arena_fmt(a, "/tmp/assay-readers-%d-%s", (int)getpid(), name);
	struct err e;
	assert_int_equal(file_write(path, text, strlen(text), &e), 0);
	return path;
}

static inline struct result *read_text(const char *reader, const char *text)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	const char *path = put(a, "text.json", text);
	struct result *r = read_by(reader, path);
	(void)unlink(path);
	return r;
}

static inline void refuse(const struct result_reader *reader, const char *text, const char *words)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	const char *path = put(a, "bad.json", text);
	struct err e = {0};
	assert_null(result_reader_read(reader, path, &e));
	(void)unlink(path);
	if (!strstr(e.text, words))
		fail_msg("'%s' does not say '%s'", e.text, words);
}

static inline void expect_none(const struct run *run, const char *name)
{
	struct metric_value v;
	if (run_value(run, name, &v))
		fail_msg("%s of %s is %.9g, and nobody measured it", name, run->name, v.value);
}

#endif
