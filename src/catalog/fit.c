/* src/catalog/fit.c - see fit.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "catalog/fit.h"

#include <math.h>

#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "catalog/parts.h"

#define GIB (1024.0 * 1024 * 1024)
#define USABLE_SHARE 0.9	/* the rest is left for fragments and peaks */
#define EFFICIENCY 0.6		/* of the memory bandwidth, as Huawei's msModeling plans with */
#define PREFILL_MAX 8192
#define TOWER_POSITIONS 4096	/* patches of a picture of 900 by 900 points */

struct plan {
	const struct fit_ask *ask;
	struct arena *arena;
	struct dims d;
	double parameters;	/* NaN: not known */
	double file_bytes;	/* NaN: by parameters */
	const char *file_dtype, *dtype;
	double width;		/* bytes per number as served */
	double read_share;	/* of the weights that each token of the answer reads */
	int64_t max_len, concurrent;
	double weights, kv, activation;	/* all devices together, but activation: on each */
	double encoder;		/* activations of it, on each device */
	int64_t positions;	/* of its input */
	bool kv_known, kv_unknown, quantised;	/* neither: the model has no cache */
	struct strings notes;
};

static double width_of(const char *dtype)
{
	if (strcmp(dtype, "float32") == 0)
		return 4;
	if (strcmp(dtype, "int8") == 0 || strcmp(dtype, "float8") == 0)
		return 1;
	return 2;
}

static int choose_dtype(struct plan *p, struct err *e)
{
	static const char *const known[] = {"bfloat16", "float16", "float32", "int8"};
	const struct fit_ask *ask = p->ask;
	bool bf16 = ask->chip->bf16;
	bool ok = !ask->dtype;
	for (size_t i = 0; i < ARRAY_LEN(known) && !ok; i++)
		ok = strcmp(ask->dtype, known[i]) == 0;
	if (!ok)
		return err_set(e, ERR_USAGE, "dtype '%s' is none of bfloat16, float16, float32, "
			       "int8", ask->dtype);
	p->dtype = ask->dtype ? ask->dtype : bf16 ? "bfloat16" : "float16";
	if (!ask->dtype && p->file_dtype && strcmp(p->file_dtype, "float16") == 0)
		p->dtype = "float16";
	if (!ask->dtype && !bf16 && p->file_dtype && strcmp(p->file_dtype, "bfloat16") == 0)
		strings_add(&p->notes, p->arena, "this chip has no BF16: served as float16; "
						 "compare accuracy with a float16 run elsewhere");
	p->width = width_of(p->dtype);
	return 0;
}

/* Towers work once per input and are not read for each token of the answer. */
static double read_share(const struct model *m)
{
	double n = 0;
	for (size_t i = 0; i < m->n_parts; i++)
		n += part_read_per_token(&m->parts[i]);
	return n > 0 ? n / model_parameters(m) : NAN;
}

/* The widest encoder of pictures or sound. */
static void take_towers(struct dims *d, const struct model *m)
{
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct part *k = &m->parts[i];
		const char *name = k->kind->name;
		bool vit = str_starts(name, "vit");
		if ((!vit && !str_ends(name, "_encoder")) ||
		    part_field(k, "width") <= d->tower_width)
			continue;
		d->tower_width = part_field(k, "width");
		d->tower_ffn = part_field(k, vit ? "mlp" : "ffn");
		d->tower_positions = part_field(k, "positions");
	}
}

static void take_model(struct plan *p, const struct model *m)
{
	const struct part *k = model_decoder(m);
	p->parameters = model_parameters(m);
	p->file_bytes = NAN;
	p->file_dtype = m->file_dtype;
	if (strcmp(m->accuracy_of_sizes, "exact") != 0)
		strings_add(&p->notes, p->arena, arena_fmt(p->arena, "sizes of the model: %s",
							   m->accuracy_of_sizes));
	p->read_share = read_share(m);
	take_towers(&p->d, m);
	if (!k)
		return;
	struct dims tower = p->d;
	bool whisper = strcmp(k->kind->name, "whisper_decoder") == 0;
	p->d = (struct dims){
		.hidden = part_field(k, whisper ? "width" : "hidden"),
		.layers = part_field(k, "layers"), .heads = part_field(k, "heads"),
		.kv_heads = part_field(k, whisper ? "heads" : "kv_heads"),
		.head_dim = part_field(k, "head_dim"), .ffn = part_field(k, "ffn"),
		.vocab = part_field(k, "vocab"),
		.cross_positions = part_field(k, "cross_positions"),
		.max_positions = part_field(k, "positions"),
		.tower_width = tower.tower_width, .tower_ffn = tower.tower_ffn,
		.tower_positions = tower.tower_positions,
	};
	if (part_field(k, "active"))
		p->d.ffn *= part_field(k, "active");
	if (whisper && p->d.heads)
		p->d.head_dim = p->d.hidden / p->d.heads;
}

static void take_files(struct plan *p, const struct model_files *f)
{
	p->parameters = f->parameters;
	p->file_bytes = (double)f->bytes;
	p->read_share = NAN;	/* the files do not say what is a tower */
	p->file_dtype = f->dtype;
	p->d = f->dims;
	const struct dims *d = &f->dims;
	double expert = 3.0 * (double)(d->layers * d->hidden * d->expert_ffn);
	double all = expert * (double)d->experts;
	if (d->active_experts && all > 0 && all < f->parameters) {
		p->read_share = (f->parameters - all + expert * (double)d->active_experts) /
				f->parameters;
		p->d.ffn = d->expert_ffn * d->active_experts;
	}
	p->quantised = f->dtype && str_starts(f->dtype, "quantised");
	for (size_t i = 0; i < f->notes.n; i++)
		strings_add(&p->notes, p->arena, f->notes.items[i]);
}

static void weigh(struct plan *p)
{
	if (p->quantised)	/* served as they are */
		p->weights = p->file_bytes;
	else if (!isnan(p->parameters))
		p->weights = p->parameters * p->width;
	else if (p->file_dtype)
		p->weights = p->file_bytes * p->width / width_of(p->file_dtype);
	else
		p->weights = p->file_bytes;
	if (isnan(p->parameters) && !p->file_dtype)
		strings_add(&p->notes, p->arena, "the files do not say their number type: their "
						 "size is taken as it is");
}

static void size_cache(struct plan *p)
{
	const struct dims *d = &p->d;
	double per_token = 2.0 * (double)(d->layers * d->kv_heads * d->head_dim) *
			   (p->width > 2 ? p->width : 2);
	double tokens = (double)(p->max_len + d->cross_positions);
	p->kv_known = d->layers && d->kv_heads && d->head_dim;
	p->kv = p->kv_known ? per_token * tokens * (double)p->concurrent : 0;
	p->kv_unknown = p->ask->files && !p->kv_known;
	if (p->kv_unknown)
		strings_add(&p->notes, p->arena, "the KV cache is not known and not counted");
	double rows = (double)MIN(p->max_len * p->concurrent, (int64_t)PREFILL_MAX);
	p->activation = d->hidden ? rows * (double)(4 * d->hidden + 2 * d->ffn) * p->width +
				    (double)(p->concurrent * d->vocab) * 4 : 0.5 * GIB;
	p->positions = d->tower_positions ? d->tower_positions : TOWER_POSITIONS;
	p->encoder = (double)(p->concurrent * p->positions) *
		     (double)(4 * d->tower_width + 2 * d->tower_ffn) * p->width;
}

static json_t *term(const char *name, double bytes, bool estimated, const char *formula)
{
	return json_pack("{s:s, s:f, s:b, s:s}", "name", name, "bytes", bytes, "estimated",
			 estimated, "formula", formula);
}

struct load {		/* on one device */
	double weights, kv, activation, encoder, runtime, idle, total, usable;
};

static struct load load_of(const struct plan *p, int64_t n)
{
	struct load l = {
		.weights = p->weights / (double)n,
		.kv = p->kv / (double)n,
		.activation = p->activation, .encoder = p->encoder,
		.runtime = 2 * GIB + (n > 1 ? 2 * 200.0 * 1048576 : 0),
		.idle = (double)(p->ask->idle_bytes ? p->ask->idle_bytes :
							 p->ask->chip->idle_bytes),
		.usable = USABLE_SHARE * (double)p->ask->chip->memory_bytes,
	};
	l.total = l.weights + l.kv + l.activation + l.encoder + l.runtime + l.idle;
	return l;
}

/* NULL: the heads can be split so. */
static const char *why_no_split(const struct plan *p, int64_t n)
{
	const struct dims *d = &p->d;
	if (n > 1 && !d->heads)
		return "the model cannot be split: it has no attention heads that are known";
	if (n > 1 && d->heads % n)
		return arena_fmt(p->arena, "%lld head%s cannot be split on %lld devices",
				 (long long)d->heads, str_plural((uint64_t)d->heads), (long long)n);
	if (n > 1 && d->kv_heads % n)
		return arena_fmt(p->arena, "%lld kv head%s cannot be split on %lld devices",
				 (long long)d->kv_heads, str_plural((uint64_t)d->kv_heads),
				 (long long)n);
	if (p->ask->chip->pairs && n > 1 && n % 2)
		return "two dies make one NPU of this product: give an even number";
	return NULL;
}

static int64_t smallest(const struct plan *p)
{
	for (int64_t n = 1; n <= 64; n++) {
		struct load l = load_of(p, n);
		if (!why_no_split(p, n) && l.total <= l.usable)
			return n;
	}
	return 0;
}

static const char *kv_formula(const struct plan *p)
{
	const struct dims *d = &p->d;
	if (!p->kv_known)
		return "this model keeps none";
	return arena_fmt(p->arena, "2 * %lld layers * %lld kv heads * %lld * %g bytes * (%lld "
			 "tokens%s) * %lld sequences", (long long)d->layers, (long long)d->kv_heads,
			 (long long)d->head_dim, p->width > 2 ? p->width : 2,
			 (long long)p->max_len, d->cross_positions ?
			 arena_fmt(p->arena, " + %lld of the encoder",
				   (long long)d->cross_positions) : "",
			 (long long)p->concurrent);
}

static const char *idle_formula(const struct plan *p)
{
	if (p->ask->idle_bytes)
		return "as given, on each device";
	if (p->ask->chip->idle_bytes)
		return "used when nothing runs, on each device; measure yours with assay monitor "
		       "--once and give --idle";
	return "not known for this chip and counted as nothing: measure yours with assay monitor "
	       "--once and give --idle";
}

static void put_terms(const struct plan *p, const struct load *l, int64_t n, json_t *j)
{
	struct arena *a = p->arena;
	json_t *list = json_array();
	bool counted = !isnan(p->parameters) && !p->quantised;
	(void)json_array_append_new(
		list, term("weights", p->weights, p->ask->model && isnan(p->ask->model->published),
			   counted ? arena_fmt(a, "%.0f parameters * %g bytes (%s)", p->parameters,
					       p->width, p->dtype)
				   : arena_fmt(a, "size of %s", p->ask->files ?
					       p->ask->files->how : "the files")));
	if (!p->kv_unknown)
		(void)json_array_append_new(list, term("kv_cache", p->kv, false,
						       kv_formula(p)));
	(void)json_array_append_new(
		list, term("activation", p->activation, true, p->d.hidden ?
			   "min(tokens * sequences, 8192) * (4 * hidden + 2 * ffn) * bytes + "
			   "sequences * vocabulary * 4, on each device" : "0.5 GiB"));
	if (p->encoder > 0)
		(void)json_array_append_new(
			list, term("encoder", p->encoder, true,
				   arena_fmt(a, "sequences * %lld positions * (4 * width + 2 * "
					     "ffn) * bytes, on each device",
					     (long long)p->positions)));
	(void)json_array_append_new(
		list, term("runtime", l->runtime, true, n > 1 ?
			   "2 GiB + 2 * 200 MiB for communication, on each device" :
			   "2 GiB on each device (1 to 3 are seen)"));
	(void)json_array_append_new(
		list, term("idle", l->idle, !p->ask->idle_bytes, idle_formula(p)));
	json_put(j, "terms", list);
}

static void put_list(json_t *j, const char *key, const struct strings *texts)
{
	json_t *list = json_array();
	for (size_t i = 0; i < texts->n; i++)
		(void)json_array_append_new(list, json_string(texts->items[i]));
	json_put(j, key, list);
}

static void find_reasons(const struct plan *p, const struct load *l, int64_t n,
			 struct strings *reasons)
{
	struct arena *a = p->arena;
	const char *split = why_no_split(p, n);
	if (split)
		strings_add(reasons, a, split);
	if (strcmp(p->dtype, "bfloat16") == 0 && !p->ask->chip->bf16)
		strings_add(reasons, a, arena_fmt(a, "%s has no BF16; use float16",
						  p->ask->chip->name));
	if (l->total > l->usable)
		strings_add(reasons, a,
			    arena_fmt(a, "needs %.1f GiB on each device, %.1f are usable",
				      l->total / GIB, l->usable / GIB));
	if (p->d.max_positions && p->max_len > p->d.max_positions)
		strings_add(reasons, a, arena_fmt(a, "the model ends at %lld tokens",
						  (long long)p->d.max_positions));
	const struct model_files *f = p->ask->files;
	for (size_t i = 0; f && i < f->problems.n; i++)
		strings_add(reasons, a, f->problems.items[i]);
}

/* Each token reads the decoder's weights once (batching shares that, and only makes it slower
 * for one stream). */
static void put_tpot(struct plan *p, int64_t n, json_t *j)
{
	bool all = isnan(p->read_share);
	double bytes = p->weights * (all ? 1 : p->read_share);
	double bandwidth = p->ask->chip->bandwidth;
	json_put_real(j, "tpot_lower_bound_s", bytes / (double)n / (bandwidth * EFFICIENCY));
	if (!isnan(bandwidth))
		strings_add(&p->notes, p->arena,
			    arena_fmt(p->arena, "TPOT bound: %.2f GB of weights read per token "
				      "(%s) / %lld device%s / (%.0f GB/s * %g)", bytes / 1e9,
				      all ? "all of them: towers included" :
				      "the decoder; of experts the active ones",
				      (long long)n, str_plural((uint64_t)n), bandwidth / 1e9,
				      EFFICIENCY));
}

static json_t *to_json(struct plan *p, int64_t n)
{
	struct load l = load_of(p, n);
	struct strings reasons = {0};
	json_t *j = json_object();
	find_reasons(p, &l, n, &reasons);
	json_put_text(j, "model", p->ask->model ? p->ask->model->name : p->ask->files->path);
	json_put_text(j, "chip", p->ask->chip->name);
	json_put_int(j, "devices", n);
	json_put_text(j, "dtype", p->dtype);
	json_put_int(j, "max_len", p->max_len);
	json_put_int(j, "concurrent", p->concurrent);
	if (!isnan(p->parameters))
		json_put_int(j, "parameters", (int64_t)p->parameters);
	double working = (double)n * (l.activation + l.encoder);
	double fixed = working + (double)n * (l.runtime + l.idle);
	json_t *bytes = json_pack("{s:I, s:I, s:I, s:I, s:I}", "weights", (json_int_t)p->weights,
				  "activation", (json_int_t)working,
				  "runtime", (json_int_t)(l.runtime * (double)n), "idle",
				  (json_int_t)(l.idle * (double)n), "total",
				  (json_int_t)(p->weights + p->kv + fixed));
	if (!p->kv_unknown)
		json_put_int(bytes, "kv_cache", (int64_t)p->kv);
	json_put(j, "bytes", bytes);
	json_put_int(j, "per_device_bytes", (int64_t)l.total);
	json_put_int(j, "usable_bytes", (int64_t)l.usable);
	json_put_bool(j, "fits", reasons.n == 0);
	put_list(j, "reasons", &reasons);
	int64_t least = smallest(p);
	if (least)
		json_put_int(j, "smallest_devices", least);
	if (p->kv_known)
		put_tpot(p, n, j);
	put_terms(p, &l, n, j);
	strings_add(&p->notes, p->arena, "usable is 90 % of the device's memory");
	put_list(j, "notes", &p->notes);
	return j;
}

json_t *fit_plan(const struct fit_ask *ask, struct arena *a, struct err *e)
{
	struct plan p = {.ask = ask, .arena = a};
	if (ask->model)
		take_model(&p, ask->model);
	else
		take_files(&p, ask->files);
	if (choose_dtype(&p, e) < 0)
		return NULL;
	p.concurrent = ask->concurrent ? ask->concurrent : 1;
	p.max_len = ask->max_len ? ask->max_len : 4096;
	if (!ask->max_len && p.d.max_positions)
		p.max_len = MIN(p.max_len, p.d.max_positions);
	weigh(&p);
	size_cache(&p);
	int64_t n = ask->devices ? ask->devices : smallest(&p);
	return to_json(&p, n ? n : 1);
}
