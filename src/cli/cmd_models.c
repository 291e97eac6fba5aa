/* src/cli/cmd_models.c - assay models: the catalogue of models and chips.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/json.h"
#include "catalog/parts.h"
#include "cli/commands.h"

struct models_options {
	struct strings files;
	bool chips;
};

static const struct opt own_options[] = {
	{.name = "file", OPT_AT_STRINGS(struct models_options, files), .arg = "FILE",
	 .help = "add models and chips of your own (the form of share/models.yaml)"},
	{.name = "chips", OPT_AT_BOOL(struct models_options, chips),
	 .help = "show accelerators instead of models"},
	{0},
};

static int run(int argc, char **argv);

const struct command command_models = {
	.name = "models",
	.summary = "the models and accelerators that assay knows, and what serves them",
	.usage = "[NAME] [options]",
	.text = "Lists the catalogue; with a name, shows one model: its parts, the number of "
		"parameters by formula, and the servers that run it on Ascend, CUDA and CPU with "
		"the date on which that was checked.",
	.examples = "assay models                  # all\n"
		    "assay models qwen2-vl-7b      # one\n"
		    "assay models --chips          # accelerators",
	.tables = (const struct opt *const[]){own_options, NULL},
	.run = run,
};

static json_t *routes_json(const struct model *m)
{
	json_t *list = json_array();
	for (size_t i = 0; i < m->n_routes; i++) {
		const struct route *r = &m->routes[i];
		json_t *j = json_object();
		json_put_text(j, "platform", r->platform);
		json_put_text(j, "with", r->with);
		json_put_text(j, "state", r->state);
		json_put_text(j, "note", r->note);
		json_put_text(j, "checked_on", r->checked_on);
		json_put_text(j, "source", r->source);
		(void)json_array_append_new(list, j);
	}
	return list;
}

static json_t *parts_json(const struct model *m)
{
	json_t *list = json_array();
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct part *p = &m->parts[i];
		json_t *j = json_object();
		json_put_text(j, "kind", p->kind->name);
		json_put_text(j, "note", p->note);
		json_put_int(j, "parameters", (int64_t)p->kind->parameters(p->v));
		json_put_text(j, "formula", p->kind->formula);
		(void)json_array_append_new(list, j);
	}
	return list;
}

static json_t *strings_json(const struct strings *texts)
{
	json_t *list = json_array();
	for (size_t i = 0; i < texts->n; i++)
		(void)json_array_append_new(list, json_string(texts->items[i]));
	return list;
}

static json_t *model_json(const struct model *m)
{
	json_t *j = json_object();
	json_put_text(j, "name", m->name);
	json_put_text(j, "title", m->title);
	json_put_text(j, "task", m->task);
	json_put_int(j, "parameters", (int64_t)model_parameters(m));
	json_put_real(j, "published_parameters", m->published);
	json_put_text(j, "sizes", m->accuracy_of_sizes);
	json_put_text(j, "source", m->source);
	json_put_text(j, "file_dtype", m->file_dtype);
	json_put_text(j, "media", m->media);
	json_put(j, "recipes", strings_json(&m->recipes));
	json_put(j, "parts", parts_json(m));
	json_put(j, "routes", routes_json(m));
	return j;
}

static json_t *chip_json(const struct chip *c)
{
	json_t *j = json_object();
	json_put_text(j, "name", c->name);
	json_put_text(j, "vendor", c->vendor);
	json_put_text(j, "title", c->title);
	json_put_int(j, "memory_bytes", (int64_t)c->memory_bytes);
	if (c->idle_bytes)
		json_put_int(j, "idle_bytes", (int64_t)c->idle_bytes);
	json_put_real(j, "bandwidth_bytes_per_s", c->bandwidth);
	json_put_real(j, "tflops_16", c->tflops_16);
	json_put_bool(j, "bf16", c->bf16);
	json_put_text(j, "source", c->source);
	json_put_text(j, "note", c->note);
	return j;
}

static void put_model_line(const struct model *m, struct buf *out)
{
	(void)buf_fmt(out, "%-24s %-5s %9.1f M  ", m->name, m->task, model_parameters(m) / 1e6);
	for (size_t i = 0; i < m->n_routes; i++)
		(void)buf_fmt(out, "%s%s:%s=%s", i ? ", " : "", m->routes[i].platform,
			      m->routes[i].with, m->routes[i].state);
	(void)buf_char(out, '\n');
}

static void put_model(const struct model *m, struct buf *out)
{
	(void)buf_fmt(out, "%s: %s (%s)\nsizes: %s; %s\n", m->name, m->title, m->task,
		      m->accuracy_of_sizes, m->source);
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct part *p = &m->parts[i];
		(void)buf_fmt(out, "  %12.0f  %s%s%s\n", p->kind->parameters(p->v), p->kind->name,
			      p->note ? ": " : "", p->note ? p->note : "");
	}
	(void)buf_fmt(out, "  %12.0f  parameters", model_parameters(m));
	if (!isnan(m->published))
		(void)buf_fmt(out, " (published: %.2f M)", m->published / 1e6);
	(void)buf_str(out, "\n");
	for (size_t i = 0; i < m->recipes.n; i++)
		(void)buf_fmt(out, "%s%s%s", i ? ", " : "recipes of assay up: ",
			      m->recipes.items[i], i + 1 == m->recipes.n ? "\n" : "");
	for (size_t i = 0; i < m->n_routes; i++) {
		const struct route *r = &m->routes[i];
		(void)buf_fmt(out, "%s, %s: %s%s%s (checked on: %s; %s)\n", r->platform, r->with,
			      r->state, r->note ? ", " : "", r->note ? r->note : "",
			      r->checked_on, r->source);
	}
}

static void put_chip_line(const struct chip *c, struct buf *out)
{
	(void)buf_fmt(out, "%-10s %-7s %6.1f GiB", c->name, c->vendor,
		      (double)c->memory_bytes / (1 << 30));
	if (!isnan(c->bandwidth))
		(void)buf_fmt(out, "  %5.0f GB/s", c->bandwidth / 1e9);
	if (!isnan(c->tflops_16))
		(void)buf_fmt(out, "  %5.1f TFLOPS", c->tflops_16);
	(void)buf_fmt(out, "  %s  %s\n", c->bf16 ? "bf16" : "no bf16", c->note ? c->note : "");
}

static int show_one(const struct catalog *c, const char *name,
		    const struct common_options *common)
{
	const struct model *m = catalog_model(c, name);
	if (!m) {
		struct err e;
		const char *near = catalog_nearest_model(c, name);
		(void)err_set(&e, ERR_USAGE, "there is no model '%s'%s%s%s", name,
			      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
		return command_fail(&e);
	}
	if (common->format == FORMAT_JSON) {
		CLEANUP(json_unref) json_t *j = model_json(m);
		return command_print_json(j);
	}
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	put_model(m, &out);
	return command_print(out.data, out.len);
}

static int show_all(const struct catalog *c, bool chips, const struct common_options *common)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(json_unref) json_t *list = json_array();
	size_t n = chips ? c->n_chips : c->n_models;
	for (size_t i = 0; i < n; i++) {
		(void)json_array_append_new(list, chips ? chip_json(&c->chips[i])
							: model_json(&c->models[i]));
		if (chips)
			put_chip_line(&c->chips[i], &out);
		else
			put_model_line(&c->models[i], &out);
	}
	if (common->format != FORMAT_JSON)
		return command_print(out.data, out.len);
	CLEANUP(json_unref) json_t *all = json_object();
	json_put(all, chips ? "chips" : "models", json_incref(list));
	return command_print_json(all);
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct models_options o = {0};
	struct optset sets[] = {{.rows = own_options, .to = &o}};
	struct strings words = {0};
	struct catalog c;
	struct err e;
	int status;
	if (command_begin(&command_models, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_models, &words, 0, 1)) != 0)
		return status;
	if (catalog_load(&o.files, a, &c, &e) < 0)
		return command_fail(&e);
	return words.n ? show_one(&c, words.items[0], &common) : show_all(&c, o.chips, &common);
}
