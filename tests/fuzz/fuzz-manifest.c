/* tests/fuzz/fuzz-manifest.c - deploy.yaml and the catalogue's files: two readers of YAML maps.
 * SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"
#include "deploy/manifest.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *path = fuzz_file(data, len);
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct manifest m = {0};
	struct catalog c = {0};
	struct strings files = {.items = &path, .n = 1};
	struct err e = {0};
	if (manifest_read(path, a, &m, &e) < 0)
		fuzz_check_error(e.text, sizeof(e.text));
	else
		for (size_t i = 0; i < m.n; i++)
			FUZZ_CHECK(m.units[i].name && m.units[i].replicas >= 1);
	e = (struct err){0};
	if (catalog_load(&files, a, &c, &e) < 0)
		fuzz_check_error(e.text, sizeof(e.text));
	else
		for (size_t i = 0; i < c.n_models; i++)
			FUZZ_CHECK(catalog_model(&c, c.models[i].name));
	return 0;
}
