/* src/suite/suite.c - the one list of suites, in the order in which a plan runs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/suite.h"

#include "suite/suites.h"

static const struct suite *const suites[] = {
	&suite_performance, &suite_functional, &suite_faults, &suite_soak, &suite_accuracy,
};

const struct suite *suite_at(size_t i)
{
	return i < ARRAY_LEN(suites) ? suites[i] : NULL;
}

const struct suite *suite_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		if (strcmp(suites[i]->name, name) == 0)
			return suites[i];
	return NULL;
}

int suite_samples(const struct suite_env *env, const struct service *s, const char *data,
		  const struct sample **ret, size_t *ret_n, struct err *e)
{
	const struct plan_data *d = data ? plan_find_data(env->plan, data) : NULL;
	if (data && !d)
		return err_set(e, ERR_USAGE, "there is no data '%s' in the plan", data);
	return samples_get(env->samples, d, s->kind, ret, ret_n, e);
}

const struct service *suite_service(const struct suite_env *env, const char *name, struct err *e)
{
	const struct plan *p = env->plan;
	char all[200] = "";
	size_t used = 0;
	for (size_t i = 0; i < p->n_services; i++) {
		if (strcmp(p->services[i].name, name) == 0)
			return &p->services[i];
		int n = snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "",
				 p->services[i].name);
		used = MIN(used + (size_t)MAX(n, 0), sizeof(all) - 1);
	}
	(void)err_set(e, ERR_USAGE, "there is no service '%s'; the plan has: %s", name, all);
	return NULL;
}

struct deployed *suite_deployed(const struct suite_env *env, const struct service *s)
{
	size_t i = (size_t)(s - env->plan->services);
	return env->deployed && i < env->plan->n_services ? env->deployed[i] : NULL;
}

struct service_ref suite_service_ref(const struct service *s)
{
	return (struct service_ref){
		.name = s->name,
		.kind = s->kind,
		.protocol = s->protocol_name,
		.url = s->url      ? s->url
		       : s->urls.n ? s->urls.items[0]
				   : NULL,
	};
}
