/* tests/fuzz/fuzz-model.c - files of models: safetensors, GGUF, config.json.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "catalog/model_dir.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static int (*const readers[])(const char *, struct arena *, struct model_files *,
				      struct err *) = {
		safetensors_read, gguf_read, model_config_read,
	};
	const char *path = fuzz_file(data, len);
	struct arena *a = arena_new();
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		struct err e = {0};
		struct model_files m = {.path = path, .parameters = NAN};
		if (readers[i](path, a, &m, &e) < 0)
			fuzz_check_error(e.text, sizeof(e.text));
		else
			FUZZ_CHECK(isnan(m.parameters) || m.parameters >= 0);
	}
	(void)arena_free(a);
	return 0;
}
