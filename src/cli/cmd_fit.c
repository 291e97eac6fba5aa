/* src/cli/cmd_fit.c - assay fit: does a model fit on a device, and how many are needed.
 * SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "base/json.h"
#include "catalog/fit.h"
#include "cli/commands.h"

struct fit_options {
	const char *chip;
	int64_t devices, max_len, concurrent;
	const char *dtype;
	uint64_t idle;
	struct strings files;
};

static const struct opt own_options[] = {
	{.name = "chip", OPT_AT_STRING(struct fit_options, chip), .arg = "NAME",
	 .flags = OPT_REQUIRED, .help = "the accelerator (assay models --chips)"},
	{.name = "devices", OPT_AT_INT(struct fit_options, devices), .max = 1024,
	 .help = "split on so many; not given: the smallest number that fits"},
	{.name = "max_len", OPT_AT_INT(struct fit_options, max_len), .max = 1e8,
	 .help = "tokens of prompt and answer together; not given: 4096, or the model's limit"},
	{.name = "concurrent", OPT_AT_INT(struct fit_options, concurrent), .max = 1e6,
	 .help = "sequences at once; not given: 1"},
	{.name = "dtype", OPT_AT_STRING(struct fit_options, dtype), .arg = "TYPE",
	 .help = "bfloat16, float16, float32 or int8; not given: by model and chip"},
	{.name = "idle", OPT_AT_SIZE(struct fit_options, idle),
	 .help = "memory used on each device when nothing runs, as you measured it"},
	{.name = "file", OPT_AT_STRINGS(struct fit_options, files), .arg = "FILE",
	 .help = "add models and chips of your own"},
	{0},
};

static int run(int argc, char **argv);

const struct command command_fit = {
	.name = "fit",
	.summary = "does a model fit on a device: weights, KV cache, activations",
	.usage = "MODEL|DIR|FILE --chip NAME [options]",
	.text = "Plans memory for a model of the catalogue, a model folder (index, safetensors "
		"headers, config.json, .bin, .pt, .om) or a GGUF file. Every term is shown with "
		"its formula; what is estimated says so. Exit status 0 when it fits, 1 when not.",
	.examples = "assay fit qwen2-vl-7b --chip 910B3 --max-len 16384 --concurrent 8\n"
		    "assay fit /data/models/cogvlm2 --chip 910B4",
	.tables = (const struct opt *const[]){own_options, NULL},
	.run = run,
};

static int find_model(const struct catalog *c, const char *name, struct arena *a,
		      struct fit_ask *ask, struct err *e)
{
	struct stat st;
	ask->model = catalog_model(c, name);
	if (ask->model)
		return 0;
	if (stat(name, &st) == 0) {
		struct model_files *files = ARENA_NEW(a, struct model_files);
		ask->files = files;
		return model_files_read(name, a, files, e);
	}
	const char *near = catalog_nearest_model(c, name);
	return err_set(e, ERR_USAGE, "'%s' is neither a model that is known nor a folder%s%s%s",
		       name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int find_chip(const struct catalog *c, const char *name, struct fit_ask *ask,
		     struct err *e)
{
	ask->chip = catalog_chip(c, name);
	if (ask->chip)
		return 0;
	const char *near = catalog_nearest_chip(c, name);
	return err_set(e, ERR_USAGE, "there is no chip '%s'%s%s%s; assay models --chips lists them",
		       name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static double number(const json_t *j, const char *path)
{
	double v = 0;
	(void)json_number(j, path, &v);
	return v;
}

static int print_text(const json_t *j)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	const double gib = 1024.0 * 1024 * 1024;
	const json_t *item;
	size_t i;
	(void)buf_fmt(&out, "%s on %.0f × %s, %s: %s\n", json_text(j, "model", ""),
		      number(j, "devices"), json_text(j, "chip", ""), json_text(j, "dtype", ""),
		      json_is_true(json_object_get(j, "fits")) ? "fits" : "does not fit");
	json_array_foreach(json_object_get(j, "reasons"), i, item)
		(void)buf_fmt(&out, "  %s\n", json_string_value(item));
	json_array_foreach(json_object_get(j, "terms"), i, item)
		(void)buf_fmt(&out, "%10.3f GiB  %-10s %s%s\n", number(item, "bytes") / gib,
			      json_text(item, "name", ""),
			      json_is_true(json_object_get(item, "estimated")) ? "estimated: " : "",
			      json_text(item, "formula", ""));
	(void)buf_fmt(&out, "%10.3f GiB  on each device, of %.3f usable\n",
		      number(j, "per_device_bytes") / gib, number(j, "usable_bytes") / gib);
	if (json_object_get(j, "smallest_devices"))
		(void)buf_fmt(&out, "smallest number of devices: %.0f\n",
			      number(j, "smallest_devices"));
	if (json_object_get(j, "tpot_lower_bound_s"))
		(void)buf_fmt(&out, "TPOT at least %.1f ms (memory bandwidth)\n",
			      1e3 * number(j, "tpot_lower_bound_s"));
	json_array_foreach(json_object_get(j, "notes"), i, item)
		(void)buf_fmt(&out, "note: %s\n", json_string_value(item));
	return command_print(out.data, out.len);
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct fit_options o = {0};
	struct optset sets[] = {{.rows = own_options, .to = &o}};
	struct strings words = {0};
	struct catalog c;
	struct err e;
	int status;
	if (command_begin(&command_fit, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_fit, &words, 1, 1)) != 0)
		return status;
	struct fit_ask ask = {.devices = o.devices, .max_len = o.max_len,
			      .concurrent = o.concurrent, .dtype = o.dtype, .idle_bytes = o.idle};
	if (!o.chip)
		(void)err_set(&e, ERR_USAGE, "--chip NAME is needed; assay models --chips lists "
			      "them");
	if (!o.chip || catalog_load(&o.files, a, &c, &e) < 0 ||
	    find_chip(&c, o.chip, &ask, &e) < 0 || find_model(&c, words.items[0], a, &ask, &e) < 0)
		return command_fail(&e);
	CLEANUP(json_unref) json_t *j = fit_plan(&ask, a, &e);
	if (!j)
		return command_fail(&e);
	status = common.format == FORMAT_JSON ? command_print_json(j) : print_text(j);
	return status ? status : json_is_true(json_object_get(j, "fits")) ? 0 : 1;
}
