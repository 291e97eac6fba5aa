/* src/cli/cmd_make_data.c - assay make-data: test data with known answers.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"
#include "base/stop.h"
#include "base/str.h"
#include "cli/commands.h"
#include "suite/functional_make.h"

static int run(int argc, char **argv);

struct options {
	struct strings kinds;
	int64_t seed;
	bool long_cases;
};

static const struct opt make_data_options[] = {
	{.name = "kind",
	 OPT_AT_STRINGS(struct options, kinds),
	 .arg = "asr,tts,chat",
	 .help = "for which services; all without it"},
	{.name = "case_seed",
	 OPT_AT_INT(struct options, seed),
	 .def = "1",
	 .arg = "N",
	 .help = "another seed makes other inputs with other answers"},
	{.name = "long",
	 OPT_AT_BOOL(struct options, long_cases),
	 .help = "also what takes minutes, such as 30 minutes of speech"},
	{0},
};

static const struct opt *const tables[] = {make_data_options, NULL};

const struct command command_make_data = {
	.name = "make-data",
	.summary = "write test data with known answers",
	.usage = "DIR [options]",
	.text = "Writes what `assay check` asks: speech that says known words, pictures and charts "
		"that show known things, frames of a known motion, questions and their answers. "
		"DIR/manifest.jsonl has one line per request; bench takes it as --data, "
		"a plan as a manifest under data:. The same seed makes the same data.",
	.examples = "assay make-data data                    # everything, seed 1\n"
		    "assay make-data data --kind asr --case-seed 7\n"
		    "assay bench asr http://127.0.0.1:8001/transcribe --data data/manifest.jsonl",
	.tables = tables,
	.run = run,
};

static int check_kinds(const struct strings *kinds, struct err *e)
{
	for (size_t i = 0; i < kinds->n; i++)
		if (strcmp(kinds->items[i], "asr") != 0 && strcmp(kinds->items[i], "tts") != 0 &&
		    strcmp(kinds->items[i], "chat") != 0)
			return err_set(e, ERR_USAGE, "--kind is asr, tts or chat, not '%s'",
				       kinds->items[i]);
	return 0;
}

static int tell(const struct common_options *common, const char *dir, size_t n,
		const struct strings *left_out)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	json_t *list = json_array();
	if (common->format == FORMAT_JSON) {
		for (size_t i = 0; i < left_out->n; i++)
			(void)json_array_append_new(list, json_string(left_out->items[i]));
		CLEANUP(json_unref) json_t *j =
			json_pack("{s:s, s:I, s:o}", "directory", dir, "lines", (json_int_t)n,
				  "left_out", list);
		return command_print_json(j);
	}
	json_decref(list);
	(void)buf_fmt(&out, "%s/manifest.jsonl: %zu line%s\n", dir, n, str_plural(n));
	for (size_t i = 0; i < left_out->n; i++)
		(void)buf_fmt(&out, "left out: %s\n", left_out->items[i]);
	return command_print(out.data, out.len);
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct options o = {0};
	struct optset sets[2] = {{.rows = make_data_options, .to = &o}};
	struct common_options common;
	struct strings words = {0};
	struct strings left_out = {0};
	struct plan plan = {0};
	struct err e;
	int status;
	size_t n = 0;
	if (command_begin(&command_make_data, argc, argv, sets, 1, &common, &words, a, &status))
		return status;
	if ((status = command_operands(&command_make_data, &words, 1, 1)) != 0)
		return status;
	if (check_kinds(&o.kinds, &e) < 0)
		return command_fail(&e);
	stop_install();
	const struct functional_making how = {words.items[0], o.kinds, o.seed};
	struct suite_env env = {.arena = a,
				.plan = &plan,
				.speaker = speaker_new(),
				.painter = painter_new(),
				.long_cases = o.long_cases};
	int rc = functional_make(&how, &env, &left_out, &n, &e);
	(void)speaker_free(env.speaker);
	(void)painter_free(env.painter);
	if (rc < 0)
		return command_fail(&e);
	return tell(&common, words.items[0], n, &left_out);
}
