/* tests/fuzz/fuzz-yaml.c - a plan file: the tree, overrides, services, and errors with a place.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"
#include "plan/plan.h"
#include "tests/fuzz/fuzz.h"

static void check_plan(const uint8_t *data, size_t len, struct arena *a)
{
	static const struct plan_section sections[] = {
		{"performance", true}, {"functional", true}, {"reliability.faults", true},
		{"reliability.soak", false}, {"accuracy", true}, {0},
	};
	struct err e = {0};
	struct strings sets = {0};
	struct plan p = {0};
	if (len % 3 == 0)
		strings_add(&sets, a, "title=other");
	if (plan_read(fuzz_file(data, len), &sets, sections, a, &p, &e) < 0) {
		fuzz_check_error(e.text, sizeof(e.text));
	} else {
		FUZZ_CHECK(p.n_services > 0 && p.root);
		for (size_t i = 0; sections[i].path; i++)
			for (size_t k = 0; plan_item(&p, &sections[i], k); k++)
				FUZZ_CHECK(k < len);
		FUZZ_CHECK(plan_service(&p, p.services[0].name) == &p.services[0]);
	}
	plan_release(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e = {0};
	struct arena *a = arena_new();
	struct yaml_node *root = yaml_parse((const char *)data, len, "plan.yaml", a, &e);
	if (root) {
		json_decref(yaml_to_json(root));
		char *set = arena_strn(a, (const char *)data, MIN(len, (size_t)80));
		if (yaml_set(root, set, a, &e) < 0)
			fuzz_check_error(e.text, sizeof(e.text));
		(void)yaml_set(root, "a.0.b=[1, {c: d}]", a, &e);
		json_decref(yaml_to_json(root));
	} else {
		fuzz_check_error(e.text, sizeof(e.text));
		FUZZ_CHECK(strncmp(e.text, "plan.yaml:", 10) == 0);
	}
	check_plan(data, len, a);
	(void)arena_free(a);
	return 0;
}
