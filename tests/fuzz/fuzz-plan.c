/* tests/fuzz/fuzz-plan.c - plans: read with overrides, sections walked, services found again.
 * SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"
#include "tests/fuzz/fuzz.h"

static const struct plan_section sections[] = {
	{"performance", true}, {"functional", false}, {"reliability.faults", false},
	{"reliability.soak", false}, {"accuracy", true}, {0},
};

static void use(const struct plan *p)
{
	for (size_t i = 0; i < p->n_services; i++) {
		FUZZ_CHECK(p->services[i].name && p->services[i].urls.n > 0);
		FUZZ_CHECK(plan_service(p, p->services[i].name) == &p->services[i]);
	}
	for (size_t i = 0; i < p->n_data; i++)
		FUZZ_CHECK(plan_find_data(p, p->data[i].name) == &p->data[i]);
	for (const struct plan_section *s = sections; s->path; s++)
		for (size_t i = 0; plan_item(p, s, i); i++)
			FUZZ_CHECK(plan_item(p, s, i)->kind == YAML_MAP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const texts[] = {"title=x", "services.asr.timeout=3s"};
	const char *path = fuzz_file(data, len);
	for (size_t n = 0; n <= ARRAY_LEN(texts); n++) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct strings sets = {.items = (const char **)texts, .n = n};
		struct plan p = {0};
		struct err e = {0};
		if (plan_read(path, &sets, sections, a, &p, &e) < 0)
			fuzz_check_error(e.text, sizeof(e.text));
		else
			use(&p);
		plan_release(&p);
	}
	return 0;
}
