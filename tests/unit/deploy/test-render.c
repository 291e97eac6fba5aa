/* tests/unit/deploy/test-render.c - rendered files against tests/golden/deploy; GOLDEN_WRITE=1
 * writes them anew.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "base/file.h"
#include "base/yaml.h"
#include "deploy/render.h"

static void make(struct arena *a, struct manifest *m, struct up_plan *p)
{
	struct err e = {0};
	if (manifest_read(source_file("tests/golden/deploy/deploy.yaml"), a, m, &e) < 0)
		fail_msg("%s", e.text);
	m->path = "/etc/assay/deploy.yaml";
	m->name = "deploy-00000000";
	if (up_make(m, NULL, a, p, &e) < 0)
		fail_msg("%s", e.text);
}

static void compare(const char *name, const char *text)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct err e = {0};
	CLEANUP(buf_release) struct buf want = BUF_INIT((size_t)1 << 20);
	const char *path = arena_fmt(a, "%s/%s", source_file("tests/golden/deploy"), name);
	if (getenv("GOLDEN_WRITE"))
		assert_int_equal(file_write(path, text, strlen(text), &e), 0);
	if (file_read(path, &want, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(want.data, text);
}

static void test_forms(void **state)
{
	(void)state;
	static const struct {
		const char *kind;
		size_t files;
	} rows[] = {{"systemd", 4}, {"compose", 1}, {"kubernetes", 1}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct manifest m;
		struct up_plan p;
		struct rendering r;
		struct err e = {0};
		make(a, &m, &p);
		if (render(rows[i].kind, &p, NULL, a, &r, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(r.n, rows[i].files);
		for (size_t k = 0; k < r.n; k++)
			compare(r.files[k].name, r.files[k].text);
	}
}

/* The compose file is YAML, and says what was asked for. */
static void test_compose_parses(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct manifest m;
	struct up_plan p;
	struct rendering r;
	struct err e = {0};
	make(a, &m, &p);
	assert_int_equal(render("compose", &p, NULL, a, &r, &e), 0);
	const struct yaml_node *root = yaml_parse(r.files[0].text, strlen(r.files[0].text), "c", a,
						  &e);
	assert_non_null(root);
	const struct yaml_node *own = yaml_find(yaml_find(root, "services"), "own-0");
	assert_non_null(own);
	const struct yaml_node *words = yaml_find(own, "command");
	assert_string_equal(words->pairs[words->n - 1].value->text, "100% $$HOME \"x\"");
	assert_string_equal(yaml_find(own, "image")->text, "own:1");
}

/* The node at a path of keys and numbers, as "spec.containers.0.name"; NULL: none. */
static const struct yaml_node *at(const struct yaml_node *n, const char *path)
{
	while (n && *path) {
		char key[64];
		int64_t i;
		size_t len = strcspn(path, ".");
		(void)snprintf(key, sizeof(key), "%.*s", (int)len, path);
		if (n->kind == YAML_LIST)
			n = str_to_int(key, &i, NULL) == 0 && (size_t)i < n->n ?
			    n->pairs[i].value : NULL;
		else
			n = n->kind == YAML_MAP ? yaml_find(n, key) : NULL;
		path += len + (path[len] == '.');
	}
	return n;
}

static const char *text_at(const struct yaml_node *n, const char *path)
{
	const struct yaml_node *found = at(n, path);
	return found && found->kind == YAML_SCALAR && found->text ? found->text : "";
}

static bool number_at(const struct yaml_node *n, const char *path, int64_t least, int64_t most)
{
	int64_t v;
	return str_to_int(text_at(n, path), &v, NULL) == 0 && v >= least && v <= most;
}

/* A name as RFC 1123 has it. */
static bool label_at(const struct yaml_node *n, const char *path)
{
	const char *name = text_at(n, path);
	size_t len = strlen(name);
	return len > 0 && len <= 63 && name[0] != '-' && name[len - 1] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static bool same_map(const struct yaml_node *part, const struct yaml_node *whole)
{
	bool same = part && whole && part->kind == YAML_MAP && part->n > 0;
	for (size_t i = 0; same && i < part->n; i++)
		same = strcmp(text_at(whole, part->pairs[i].key), part->pairs[i].value->text) == 0;
	return same;
}

static const char *wrong_probe(const struct yaml_node *c, const char *name)
{
	const struct yaml_node *probe = yaml_find(c, name);
	if (!probe)
		return NULL;
	bool fine = text_at(probe, "httpGet.path")[0] == '/' &&
		    number_at(probe, "httpGet.port", 1, 65535) &&
		    number_at(probe, "periodSeconds", 1, INT32_MAX) &&
		    number_at(probe, "failureThreshold", 1, INT32_MAX);
	return fine ? NULL : name;
}

static const char *wrong_container(const struct yaml_node *c, const struct yaml_node *volumes)
{
	const struct yaml_node *mounts = yaml_find(c, "volumeMounts");
	const struct yaml_node *limits = at(c, "resources.limits");
	if (!label_at(c, "name") || !*text_at(c, "image"))
		return "name or image";
	if (at(c, "command")->kind != YAML_LIST || at(c, "args")->kind != YAML_LIST)
		return "command";
	if (!number_at(c, "ports.0.containerPort", 1, 65535))
		return "port";
	for (size_t i = 0; limits && i < limits->n; i++)
		if (!strchr(limits->pairs[i].key, '/') ||
		    !same_map(limits, at(c, "resources.requests")))
			return "resources";	/* of devices, both must be equal */
	for (size_t i = 0; mounts && i < mounts->n; i++) {
		bool found = false;
		for (size_t k = 0; volumes && k < volumes->n; k++)
			found |= strcmp(text_at(mounts->pairs[i].value, "name"),
					text_at(volumes->pairs[k].value, "name")) == 0;
		if (!found || text_at(mounts->pairs[i].value, "mountPath")[0] != '/')
			return "volumeMounts";
	}
	const char *probe = wrong_probe(c, "startupProbe");
	return probe ? probe : wrong_probe(c, "readinessProbe");
}

/* What of a Deployment or a Service its schema would refuse; NULL: nothing. */
static const char *wrong_object(const struct yaml_node *o)
{
	const char *kind = text_at(o, "kind");
	if (!label_at(o, "metadata.name"))
		return "metadata.name";
	if (strcmp(kind, "Service") == 0)
		return strcmp(text_at(o, "apiVersion"), "v1") == 0 &&
		       number_at(o, "spec.ports.0.port", 1, 65535) &&
		       number_at(o, "spec.ports.0.targetPort", 1, 65535) ? NULL : "Service";
	if (strcmp(kind, "Deployment") != 0 || strcmp(text_at(o, "apiVersion"), "apps/v1") != 0)
		return "kind";
	if (!number_at(o, "spec.replicas", 0, INT32_MAX) ||
	    !same_map(at(o, "spec.selector.matchLabels"), at(o, "spec.template.metadata.labels")))
		return "selector";
	return wrong_container(at(o, "spec.template.spec.containers.0"),
			       at(o, "spec.template.spec.volumes"));
}

static const char *wrong_text(const char *text, struct arena *a, size_t *ret_n)
{
	struct err e;
	*ret_n = 0;
	for (const char *doc = strstr(text, "---\n"); doc; doc = strstr(doc, "---\n")) {
		doc += 4;
		const char *end = strstr(doc, "---\n");
		size_t len = end ? (size_t)(end - doc) : strlen(doc);
		const struct yaml_node *o = yaml_parse(doc, len, "k", a, &e);
		if (!o)
			fail_msg("%s", e.text);
		const char *wrong = wrong_object(o);
		if (wrong)
			return wrong;
		(*ret_n)++;
	}
	return NULL;
}

/* Against what the API server's schema asks of these two kinds; and the check can fail. */
static void test_kubernetes_schema(void **state)
{
	(void)state;
	static const char *const breaks[][2] = {
		{"kind: Deployment", "kind: Deploiment"}, {"apps/v1", "v1"},
		{"matchLabels: {app: assay-own}", "matchLabels: {app: other}"},
		{"containerPort: 8004", "containerPort: x"}, {"requests: {huawei.com/Ascend910: 1}",
		"requests: {huawei.com/Ascend910: 2}"}, {"- name: shm", "- name: sh"},
		{"periodSeconds: 5", "periodSeconds: 0"}, {"name: own\n", "name: Own\n"},
		{"{port: 8004, targetPort", "{port: 80040, targetPort"},
	};
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct manifest m;
	struct up_plan p;
	struct rendering r;
	struct err e = {0};
	size_t n;
	make(a, &m, &p);
	assert_int_equal(render("kubernetes", &p, NULL, a, &r, &e), 0);
	const char *text = r.files[0].text;
	const char *wrong = wrong_text(text, a, &n);
	if (wrong)
		fail_msg("%s", wrong);
	assert_true(n >= 4);
	for (size_t i = 0; i < ARRAY_LEN(breaks); i++) {
		const char *found = strstr(text, breaks[i][0]);
		assert_non_null(found);
		const char *broken = arena_fmt(a, "%.*s%s%s", (int)(found - text), text,
					       breaks[i][1], found + strlen(breaks[i][0]));
		if (!wrong_text(broken, a, &n))
			fail_msg("not seen: %s", breaks[i][1]);
	}
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *kind, *text, *words;
	} rows[] = {
		{"compose", "{recipe: flite, port: 1}", "has no image"},
		{"kubernetes", "{recipe: flite, port: 1, in: {docker: x}}", "host: 0.0.0.0"},
		{"systemd", "{recipe: flite}", "needs its port"},
		{"systemd", "{recipe: mindie, model: m, devices: [0], port: 1}",
		 "only assay up does that"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		char path[] = "/tmp/assay-render-XXXXXX";
		struct manifest m;
		struct up_plan p;
		struct rendering r;
		struct err e = {0};
		const char *text = arena_fmt(a, "assay: 1\ndeploy:\n  a: %s\n", rows[i].text);
		int fd = mkstemp(path);
		assert_true(fd >= 0);
		assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
		(void)close(fd);
		if (manifest_read(path, a, &m, &e) < 0)
			fail_msg("%s", e.text);
		int rc = up_make(&m, NULL, a, &p, &e);
		if (rc == 0)
			rc = render(rows[i].kind, &p, NULL, a, &r, &e);
		(void)unlink(path);
		assert_int_equal(rc, -1);
		if (!strstr(e.text, rows[i].words))
			fail_msg("%s", e.text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms), cmocka_unit_test(test_compose_parses),
		cmocka_unit_test(test_kubernetes_schema), cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
