/* src/monitor/preflight_model.c - preflight: does the model fit, is it whole, can the chip do it.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "catalog/fit.h"
#include "monitor/preflight.h"
#include "monitor/proc.h"

static void check_host_memory(struct preflight *p, const struct preflight_check *c)
{
	char text[4096];
	double left = 0;
	if (proc_read(p->spec->root, text, sizeof(text), "/proc/meminfo") >= 0)
		left = proc_value(text, "MemAvailable:") * 1024;
	double need = (double)p->files.bytes * 1.2;	/* and some room to work */
	preflight_add(p, c, left > need ? FINDING_OK : FINDING_FAIL,
		      arena_fmt(p->arena, "the weights have %.2f GiB, %.2f GiB of memory are free",
				(double)p->files.bytes / (1 << 30), left / (1 << 30)),
		      "/proc/meminfo", left > need ? NULL : "free memory, or take a smaller or "
						     "quantised model");
}

void check_fit(struct preflight *p, const struct preflight_check *c)
{
	if (!p->has_files) {
		preflight_add(p, c, FINDING_UNKNOWN, "no model was named", "--model",
			      "assay doctor --model DIR");
		return;
	}
	if (p->platform == PLATFORM_CPU) {
		check_host_memory(p, c);
		return;
	}
	if (!p->chip) {
		preflight_add(p, c, FINDING_UNKNOWN, "the chip is not known",
			      "assay monitor --once",
			      "assay fit DIR --chip NAME");
		return;
	}
	struct fit_ask ask = {.files = &p->files, .chip = p->chip};
	CLEANUP(json_unref) json_t *j = fit_plan(&ask, p->arena, NULL);
	bool fits = json_is_true(json_object_get(j, "fits"));
	double devices = 0;
	(void)json_number(j, "devices", &devices);
	size_t n = json_array_size(json_object_get(p->devices, "devices"));
	if (!fits || devices > (double)n)
		preflight_add(p, c, FINDING_FAIL,
			      fits ? arena_fmt(p->arena, "needs %.0f device%s; in this machine: "
					       "%zu", devices, str_plural((uint64_t)devices), n)
				   : json_text(j, "reasons.0", ""),
			      "assay fit", "a shorter context, fewer at once, or more devices");
	else
		preflight_add(p, c, FINDING_OK,
			      arena_fmt(p->arena, "fits on %.0f of %zu device%s (4096 tokens, one "
					"sequence)", devices, n, str_plural(n)), "assay fit", NULL);
	if (p->chip->pairs && n % 2)
		preflight_add(p, c, FINDING_WARN, "an odd number of dies of an A3", "assay monitor "
			      "--once", "give both dies of each NPU");
}

void check_dtype(struct preflight *p, const struct preflight_check *c)
{
	if (!p->has_files || !p->chip)
		return;		/* point 7 has said so */
	bool bf16 = p->files.dtype && strcmp(p->files.dtype, "bfloat16") == 0;
	if (bf16 && !p->chip->bf16)
		preflight_add(p, c, FINDING_WARN,
			      arena_fmt(p->arena, "the weights are bfloat16, %s has none",
					p->chip->name), p->files.how,
			      "serve with --dtype float16; compare accuracy with a float16 run");
	else
		preflight_add(p, c, FINDING_OK,
			      arena_fmt(p->arena, "%s on %s", p->files.dtype ? p->files.dtype :
					"number type not said", p->chip->name), p->files.how, NULL);
}

static bool there(const struct preflight *p, const char *name)
{
	return access(arena_fmt(p->arena, "%s/%s", p->files.path, name), R_OK) == 0;
}

static void check_files(struct preflight *p, const struct preflight_check *c)
{
	static const char *const tokenizers[] = {
		"tokenizer.json", "tokenizer.model", "vocab.json", "qwen.tiktoken", "tokens.txt",
		"tokens.json", "chn_jpn_yue_eng_ko_spectok.bpe.model", "cosyvoice.yaml",
		"cosyvoice2.yaml",
	};
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(tokenizers) && !any; i++)
		any = there(p, tokenizers[i]);
	bool config = there(p, "config.json") || there(p, "config.yaml") ||
		      there(p, "configuration.json") || there(p, "cosyvoice.yaml") ||
		      there(p, "cosyvoice2.yaml");
	if (!config)
		preflight_add(p, c, FINDING_WARN, "no config.json or config.yaml", p->files.path,
			      "fetch the whole model again");
	if (!any)
		preflight_add(p, c, FINDING_WARN, "no tokenizer file that is known", p->files.path,
			      "fetch the whole model again");
	bool media = p->files.model_type &&
		     (strstr(p->files.model_type, "vl") || strstr(p->files.model_type, "llava") ||
		      strstr(p->files.model_type, "audio") ||
		      strcmp(p->files.model_type, "whisper") == 0);
	if (media && !there(p, "preprocessor_config.json") && !there(p, "processor_config.json"))
		preflight_add(p, c, FINDING_WARN, "no preprocessor_config.json", p->files.path,
			      "images or audio will not be understood: fetch it");
	struct stat st;
	const char *path = arena_fmt(p->arena, "%s/config.json", p->files.path);
	if (p->platform == PLATFORM_ASCEND && stat(path, &st) == 0 && (st.st_mode & 0137))
		preflight_add(p, c, FINDING_WARN,
			      arena_fmt(p->arena, "config.json has mode %04o; MindIE asks for 0640",
					(unsigned)(st.st_mode & 07777)), path,
			      "chmod 640 config.json, when MindIE serves it");
}

void check_model(struct preflight *p, const struct preflight_check *c)
{
	struct stat st;
	size_t before = p->n;
	if (!p->has_files)
		return;		/* point 7 has said so */
	for (size_t i = 0; i < p->files.problems.n; i++)
		preflight_add(p, c, FINDING_FAIL, p->files.problems.items[i], p->files.how,
			      "fetch the file again and compare its checksum");
	if (stat(p->files.path, &st) == 0 && S_ISDIR(st.st_mode))
		check_files(p, c);
	if (p->n == before)
		preflight_add(p, c, FINDING_OK, "all files are there and whole", p->files.how,
			      NULL);
}
