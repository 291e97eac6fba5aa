/* src/catalog/parts.c - see parts.h.
 *
 * Counts follow the modules of the published code, weights and biases; each formula is tested
 * against models whose published count is known.
 * SPDX-License-Identifier: Apache-2.0 */
#include "catalog/parts.h"

#include "base/util.h"

static double linear(double in, double out, bool bias)
{
	return in * out + (bias ? out : 0);
}

enum { LM_HIDDEN, LM_LAYERS, LM_HEADS, LM_KV_HEADS, LM_HEAD_DIM, LM_FFN, LM_VOCAB, LM_TIED,
       LM_QKV_BIAS, LM_QK_NORM };

static double llama(const int64_t *v)
{
	double h = (double)v[LM_HIDDEN];
	double q = (double)(v[LM_HEADS] * v[LM_HEAD_DIM]);
	double kv = (double)(v[LM_KV_HEADS] * v[LM_HEAD_DIM]);
	double layer = h * q + 2 * h * kv + q * h + 3 * h * (double)v[LM_FFN] + 2 * h;
	if (v[LM_QKV_BIAS])
		layer += q + 2 * kv;
	if (v[LM_QK_NORM])
		layer += 2 * (double)v[LM_HEAD_DIM];
	return (double)v[LM_VOCAB] * h * (v[LM_TIED] ? 1 : 2) + (double)v[LM_LAYERS] * layer + h;
}

enum { MOE_HIDDEN, MOE_LAYERS, MOE_HEADS, MOE_KV_HEADS, MOE_HEAD_DIM, MOE_EXPERTS, MOE_ACTIVE,
       MOE_FFN, MOE_VOCAB, MOE_TIED, MOE_QK_NORM };

static double moe_with(const int64_t *v, double experts)
{
	double h = (double)v[MOE_HIDDEN];
	double q = (double)(v[MOE_HEADS] * v[MOE_HEAD_DIM]);
	double kv = (double)(v[MOE_KV_HEADS] * v[MOE_HEAD_DIM]);
	double layer = h * q + 2 * h * kv + q * h + 2 * h + h * (double)v[MOE_EXPERTS] +
		       experts * 3 * h * (double)v[MOE_FFN];
	if (v[MOE_QK_NORM])
		layer += 2 * (double)v[MOE_HEAD_DIM];
	return (double)v[MOE_VOCAB] * h * (v[MOE_TIED] ? 1 : 2) +
	       (double)v[MOE_LAYERS] * layer + h;
}

static double moe(const int64_t *v)
{
	return moe_with(v, (double)v[MOE_EXPERTS]);
}

enum { VIT_WIDTH, VIT_LAYERS, VIT_MLP, VIT_PATCH, VIT_POSITIONS, VIT_CLASS, VIT_NORMS,
       VIT_PATCH_BIAS, VIT_LAYER_SCALE, VIT_FRAMES };

static double vit(const int64_t *v)
{
	double w = (double)v[VIT_WIDTH];
	double m = (double)v[VIT_MLP];
	double layer = 4 * w * w + 4 * w + 2 * w * m + m + w + 4 * w;
	if (v[VIT_LAYER_SCALE])
		layer += 2 * w;
	double patch = 3.0 * (double)(v[VIT_PATCH] * v[VIT_PATCH]) * w *
		       (double)MAX(v[VIT_FRAMES], (int64_t)1);
	return (double)v[VIT_LAYERS] * layer + patch + (v[VIT_PATCH_BIAS] ? w : 0) +
	       (double)v[VIT_POSITIONS] * w + (v[VIT_CLASS] ? w : 0) +
	       (double)v[VIT_NORMS] * 2 * w;
}

enum { VS_WIDTH, VS_LAYERS, VS_MLP, VS_PATCH, VS_FRAMES };

/* Qwen2.5-VL's tower: gated feed-forward with biases, norms without. */
static double vit_gated(const int64_t *v)
{
	double w = (double)v[VS_WIDTH];
	double m = (double)v[VS_MLP];
	double layer = 4 * w * w + 4 * w + 3 * w * m + 2 * m + w + 2 * w;
	double patch = 3.0 * (double)(v[VS_PATCH] * v[VS_PATCH] * v[VS_FRAMES]) * w;
	return (double)v[VS_LAYERS] * layer + patch;
}

enum { AUT_WIDTH, AUT_LAYERS, AUT_FFN, AUT_MEL, AUT_CHANNELS, AUT_OUT };

/* The audio encoder of Qwen3-ASR and Qwen3-Omni: three convolutions that halve, a transformer
 * with all biases and computed positions, two linear layers. */
static double aut_encoder(const int64_t *v)
{
	double d = (double)v[AUT_WIDTH], f = (double)v[AUT_FFN], c = (double)v[AUT_CHANNELS];
	double rows = (double)((v[AUT_MEL] + 7) / 8);
	double layer = 4 * (d * d + d) + 4 * d + 2 * d * f + f + d;
	double convolutions = c * 9 + c + 2 * (c * c * 9 + c) + c * rows * d;
	return (double)v[AUT_LAYERS] * layer + convolutions + 2 * d + linear(d, d, true) +
	       linear(d, (double)v[AUT_OUT], true);
}

enum { WE_WIDTH, WE_LAYERS, WE_FFN, WE_MEL, WE_POSITIONS };

static double whisper_mlp(double d, double f)
{
	return 2 * d * f + f + d;
}

static double whisper_encoder(const int64_t *v)
{
	double d = (double)v[WE_WIDTH];
	double attention = 4 * d * d + 3 * d;	/* the key has no bias */
	double layer = attention + 4 * d + whisper_mlp(d, (double)v[WE_FFN]);
	double convolutions = (double)v[WE_MEL] * d * 3 + d + d * d * 3 + d;
	return (double)v[WE_LAYERS] * layer + convolutions + (double)v[WE_POSITIONS] * d + 2 * d;
}

enum { WD_WIDTH, WD_LAYERS, WD_FFN, WD_VOCAB, WD_POSITIONS, WD_HEADS, WD_CROSS };

static double whisper_decoder(const int64_t *v)
{
	double d = (double)v[WD_WIDTH];
	double attention = 4 * d * d + 3 * d;
	double layer = 2 * attention + 6 * d + whisper_mlp(d, (double)v[WD_FFN]);
	return (double)v[WD_LAYERS] * layer + (double)(v[WD_VOCAB] + v[WD_POSITIONS]) * d + 2 * d;
}

enum { SE_WIDTH, SE_LAYERS, SE_FFN, SE_KERNEL, SE_INPUT };

/* FunASR's SANM encoder layer: q, k, v in one, a memory block, feed-forward, two norms. */
static double sanm_layer(double in, double w, double f, double kernel)
{
	return linear(in, 3 * w, true) + linear(w, w, true) + w * kernel + linear(w, f, true) +
	       linear(f, w, true) + 2 * in + 2 * w;
}

static double sanm_encoder(const int64_t *v)
{
	double w = (double)v[SE_WIDTH];
	double f = (double)v[SE_FFN];
	double k = (double)v[SE_KERNEL];
	double in = v[SE_INPUT] ? (double)v[SE_INPUT] : w;
	return sanm_layer(in, w, f, k) + (double)(v[SE_LAYERS] - 1) * sanm_layer(w, w, f, k) +
	       2 * w;
}

enum { SD_WIDTH, SD_LAYERS, SD_FFN, SD_KERNEL, SD_VOCAB };

static double sanm_decoder(const int64_t *v)
{
	double w = (double)v[SD_WIDTH];
	double f = (double)v[SD_FFN];
	double feed = linear(w, f, true) + linear(f, w, false) + 2 * f;
	double cross = linear(w, w, true) * 2 + linear(w, 2 * w, true);
	double layer = w * (double)v[SD_KERNEL] + cross + feed + 6 * w;
	double last = feed + 2 * w;	/* one more layer of feed-forward only */
	return (double)v[SD_LAYERS] * layer + last + 2 * w +
	       linear(w, (double)v[SD_VOCAB], true) + (double)v[SD_VOCAB] * w;
}

static double linear_part(const int64_t *v)
{
	return linear((double)v[0], (double)v[1], v[2] == 0);
}

static double norm_part(const int64_t *v)
{
	return 2 * (double)v[0];
}

static double conv_part(const int64_t *v)
{
	return (double)(v[0] * v[1] * v[2]) + (double)v[1];
}

static double table_part(const int64_t *v)
{
	return (double)(v[0] * v[1]);
}

static double no_parameters(const int64_t *v)
{
	(void)v;
	return 0;
}

static double given_part(const int64_t *v)
{
	return (double)v[0];
}

static const struct part_kind kinds[] = {
	{"llama", "V*h*(tied?1:2) + L*(h*q + 2*h*kv + q*h [+ q + 2*kv] + 3*h*ffn + 2*h) + h",
	 {"hidden", "layers", "heads", "kv_heads", "head_dim", "ffn", "vocab", "tied?",
	  "qkv_bias?", "qk_norm?"}, llama},
	{"moe", "V*h*(tied?1:2) + L*(h*q + 2*h*kv + q*h + h*experts + experts*3*h*ffn + 2*h) + h",
	 {"hidden", "layers", "heads", "kv_heads", "head_dim", "experts", "active", "ffn",
	  "vocab", "tied?", "qk_norm?"}, moe},
	{"vit", "L*(4*w^2 + 4*w + 2*w*m + m + w + 4*w) + 3*p^2*w*frames + positions*w",
	 {"width", "layers", "mlp", "patch", "positions?", "class?", "norms?", "patch_bias?",
	  "layer_scale?", "frames?"}, vit},
	{"vit_gated", "L*(4*w^2 + 4*w + 3*w*m + 2*m + w + 2*w) + 3*p^2*w*frames",
	 {"width", "layers", "mlp", "patch", "frames"}, vit_gated},
	{"aut_encoder", "L*(4*(d^2 + d) + 4*d + 2*d*f + f + d) + convolutions + d^2 + d*out",
	 {"width", "layers", "ffn", "mel", "channels", "out"}, aut_encoder},
	{"whisper_encoder", "L*(4*d^2 + 3*d + 4*d + 2*d*f + f + d) + convolutions + positions*d",
	 {"width", "layers", "ffn", "mel", "positions?"}, whisper_encoder},
	{"whisper_decoder", "L*(2*(4*d^2 + 3*d) + 6*d + 2*d*f + f + d) + (V + positions)*d",
	 {"width", "layers", "ffn", "vocab", "positions", "heads", "cross_positions"},
	 whisper_decoder},
	{"sanm_encoder", "L*(3*w^2 + w^2 + w*kernel + 2*w*f + biases and norms)",
	 {"width", "layers", "ffn", "kernel", "input?"}, sanm_encoder},
	{"sanm_decoder", "L*(w*kernel + 4*w^2 + 2*w*f + biases and norms) + 2*V*w + V",
	 {"width", "layers", "ffn", "kernel", "vocab"}, sanm_decoder},
	{"linear", "in*out + out", {"in", "out", "no_bias?"}, linear_part},
	{"norm", "2*width", {"width"}, norm_part},
	{"conv1d", "in*out*kernel + out", {"in", "out", "kernel"}, conv_part},
	{"table", "rows*width", {"rows", "width"}, table_part},
	{"kv", "none of its own: names what keeps a KV cache",
	 {"layers", "kv_heads", "head_dim", "heads", "hidden?", "ffn?", "vocab?"},
	 no_parameters},
	{"given", "as its source says", {"parameters", "active?"}, given_part},
};

const struct part_kind *part_kind_at(size_t i)
{
	return i < ARRAY_LEN(kinds) ? &kinds[i] : NULL;
}

const struct part_kind *part_kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

int64_t part_field(const struct part *p, const char *field)
{
	size_t len = strlen(field);
	for (size_t i = 0; i < ARRAY_LEN(p->kind->fields) && p->kind->fields[i]; i++)
		if (strncmp(p->kind->fields[i], field, len) == 0 &&
		    (p->kind->fields[i][len] == '\0' || p->kind->fields[i][len] == '?'))
			return p->v[i];
	return 0;
}

double model_parameters(const struct model *m)
{
	double sum = 0;
	for (size_t i = 0; i < m->n_parts; i++)
		sum += m->parts[i].kind->parameters(m->parts[i].v);
	return sum;
}

double part_read_per_token(const struct part *p)
{
	const char *name = p->kind->name;
	const int64_t *v = p->v;
	double n = p->kind->parameters(v);
	if (strcmp(name, "llama") == 0)
		return n - (part_field(p, "tied") ? 0 :
			    (double)(part_field(p, "vocab") * part_field(p, "hidden")));
	if (strcmp(name, "moe") == 0)
		return moe_with(v, (double)v[MOE_ACTIVE]) -
		       (v[MOE_TIED] ? 0 : (double)(v[MOE_VOCAB] * v[MOE_HIDDEN]));
	if (strcmp(name, "given") == 0)
		return (double)part_field(p, "active");
	if (strcmp(name, "whisper_decoder") == 0)
		return n - (double)(part_field(p, "positions") * part_field(p, "width"));
	return 0;
}

const struct part *model_decoder(const struct model *m)
{
	for (size_t i = 0; i < m->n_parts; i++)
		if (strcmp(m->parts[i].kind->name, "llama") == 0 ||
		    strcmp(m->parts[i].kind->name, "moe") == 0 ||
		    strcmp(m->parts[i].kind->name, "kv") == 0 ||
		    strcmp(m->parts[i].kind->name, "whisper_decoder") == 0)
			return &m->parts[i];
	return NULL;
}
