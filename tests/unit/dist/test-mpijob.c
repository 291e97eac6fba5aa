/* tests/unit/dist/test-mpijob.c - share/many-hosts/assay.mpijob.yaml: is it YAML, has it only
 * fields that the MPI Operator's v2beta1 and Kubernetes know, and do its parts fit together?
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/yaml.h"
#include "tests/unit/unit.h"

/* The fields of one kind of map; what is below a field is of the kind `below` ("": any). */
struct field {
	const char *kind, *name, *below;
};

/* From the CustomResourceDefinition of kubeflow.org/v2beta1 and the core v1 API; those of the
 * second as far as a job of ours may use them. */
static const struct field fields[] = {
	{"job", "apiVersion", ""}, {"job", "kind", ""}, {"job", "metadata", "meta"},
	{"job", "spec", "spec"},
	{"meta", "name", ""}, {"meta", "namespace", ""}, {"meta", "labels", ""},
	{"meta", "annotations", ""},
	{"spec", "slotsPerWorker", ""}, {"spec", "mpiImplementation", ""},
	{"spec", "runLauncherAsWorker", ""}, {"spec", "launcherCreationPolicy", ""},
	{"spec", "sshAuthMountPath", ""}, {"spec", "runPolicy", "policy"},
	{"spec", "mpiReplicaSpecs", "replicas"},
	{"policy", "cleanPodPolicy", ""}, {"policy", "ttlSecondsAfterFinished", ""},
	{"policy", "activeDeadlineSeconds", ""}, {"policy", "backoffLimit", ""},
	{"policy", "suspend", ""}, {"policy", "schedulingPolicy", ""},
	{"replicas", "Launcher", "replica"}, {"replicas", "Worker", "replica"},
	{"replica", "replicas", ""}, {"replica", "restartPolicy", ""},
	{"replica", "template", "template"},
	{"template", "metadata", "meta"}, {"template", "spec", "pod"},
	{"pod", "containers", "container"}, {"pod", "volumes", "volume"},
	{"pod", "affinity", "affinity"}, {"pod", "nodeSelector", ""}, {"pod", "tolerations", ""},
	{"pod", "hostNetwork", ""}, {"pod", "dnsPolicy", ""},
	{"container", "name", ""}, {"container", "image", ""}, {"container", "command", ""},
	{"container", "args", ""}, {"container", "env", ""}, {"container", "resources", "needs"},
	{"container", "volumeMounts", "mount"}, {"container", "securityContext", ""},
	{"container", "imagePullPolicy", ""},
	{"needs", "requests", ""}, {"needs", "limits", ""},
	{"mount", "name", ""}, {"mount", "mountPath", ""}, {"mount", "readOnly", ""},
	{"mount", "subPath", ""},
	{"volume", "name", ""}, {"volume", "configMap", "config"},
	{"volume", "persistentVolumeClaim", "claim"}, {"volume", "emptyDir", ""},
	{"config", "name", ""}, {"claim", "claimName", ""}, {"claim", "readOnly", ""},
	{"affinity", "podAntiAffinity", "anti"},
	{"anti", "requiredDuringSchedulingIgnoredDuringExecution", "term"},
	{"term", "topologyKey", ""}, {"term", "labelSelector", "selector"},
	{"selector", "matchLabels", ""},
};

static const struct field *find(const char *kind, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (strcmp(fields[i].kind, kind) == 0 && strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

/* The first field that is none; NULL: all are good. */
static const char *unknown(const struct yaml_node *node, const char *kind)
{
	if (*kind == '\0')
		return NULL;
	if (node->kind == YAML_SCALAR)
		return kind;
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_pair *p = &node->pairs[i];
		const struct field *f = p->key ? find(kind, p->key) : NULL;
		const char *bad = p->key && !f ? p->key :
				  unknown(p->value, p->key ? f->below : kind);
		if (bad)
			return bad;
	}
	return NULL;
}

static const struct yaml_node *at(const struct yaml_node *node, const char *const *path)
{
	for (; node && *path; path++)
		node = node->kind == YAML_LIST ? node->pairs[0].value : yaml_find(node, *path);
	return node;
}

#define AT(node, ...) at(node, (const char *const[]){__VA_ARGS__, NULL})

static bool is(const struct yaml_node *node, const char *text)
{
	return node && node->kind == YAML_SCALAR && strcmp(node->text, text) == 0;
}

static void test_fields(void **state)
{
	struct arena *a = arena_new();
	struct err e = {0};
	(void)state;
	const struct yaml_node *job =
		yaml_read(source_file("share/many-hosts/assay.mpijob.yaml"), a, &e);
	if (!job)
		fail_msg("%s", e.text);
	const char *bad = unknown(job, "job");
	if (bad)
		fail_msg("the MPI Operator knows no field '%s' there", bad);
	assert_true(is(AT(job, "apiVersion"), "kubeflow.org/v2beta1"));
	assert_true(is(AT(job, "kind"), "MPIJob"));
	assert_true(is(AT(job, "spec", "mpiImplementation"), "OpenMPI"));
	assert_true(is(AT(job, "spec", "runPolicy", "cleanPodPolicy"), "Running"));
	/* as many ranks as there are workers with their slots */
	const struct yaml_node *args = AT(job, "spec", "mpiReplicaSpecs", "Launcher", "template",
					  "spec", "containers", "0", "args");
	const struct yaml_node *workers = AT(job, "spec", "mpiReplicaSpecs", "Worker", "replicas");
	bool found = false, unbound = false;
	for (size_t i = 0; i + 1 < args->n; i++) {
		const char *word = args->pairs[i].value->text;
		const struct yaml_node *next = args->pairs[i + 1].value;
		/* a word of a command line must be a text */
		assert_true(next->quoted || strspn(next->text, "0123456789") == 0);
		found = found || (strcmp(word, "-n") == 0 && is(next, workers->text));
		unbound = unbound || (strcmp(word, "--bind-to") == 0 && is(next, "none"));
	}
	assert_true(found && unbound);
	assert_true(is(AT(job, "spec", "slotsPerWorker"), "1"));
	arena_free(a);
}

/* Every mount has its volume. */
static void test_volumes(void **state)
{
	static const char *const roles[] = {"Launcher", "Worker"};
	struct arena *a = arena_new();
	(void)state;
	const struct yaml_node *job =
		yaml_read(source_file("share/many-hosts/assay.mpijob.yaml"), a, NULL);
	for (size_t r = 0; r < ARRAY_LEN(roles); r++) {
		const struct yaml_node *pod = AT(job, "spec", "mpiReplicaSpecs", roles[r],
						 "template", "spec");
		const struct yaml_node *mounts = AT(pod, "containers", "0", "volumeMounts");
		const struct yaml_node *volumes = AT(pod, "volumes");
		assert_true(mounts->n > 0 && mounts->n == volumes->n);
		for (size_t i = 0; i < mounts->n; i++) {
			const char *name = yaml_find(mounts->pairs[i].value, "name")->text;
			bool there = false;
			for (size_t k = 0; k < volumes->n; k++)
				there = there ||
					is(yaml_find(volumes->pairs[k].value, "name"), name);
			assert_true(there);
		}
	}
	arena_free(a);
}

/* The check itself finds what is wrong. */
static void test_it_can_fail(void **state)
{
	static const char *const texts[][2] = {
		{"spec: {cleanPodPolicy: Running}", "cleanPodPolicy"},	/* of v1 */
		{"spec: {mpiReplicaSpecs: {Master: {}}}", "Master"},
		{"spec: {runPolicy: 3}", "policy"},
		{"spec: {mpiReplicaSpecs: {Worker: {template: {spec: {containers: [{nam: x}]}}}}}",
		 "nam"},
	};
	struct arena *a = arena_new();
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const struct yaml_node *job =
			yaml_parse(texts[i][0], strlen(texts[i][0]), "x", a, NULL);
		assert_non_null(job);
		assert_string_equal(unknown(job, "job"), texts[i][1]);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_volumes),
		cmocka_unit_test(test_it_can_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
