/* src/client/site.c - see site.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "client/site.h"

#include <sys/resource.h>

#include "base/util.h"

#define FILES_RESERVE 128	/* for files, workers, monitors */

int site_init(struct site *s, const struct service *service, struct err *e)
{
	struct sources sources = {.n = 0};
	*s = (struct site){.service = service};
	s->endpoints = calloc(service->urls.n, sizeof(*s->endpoints));
	if (!s->endpoints)
		return err_sys(e, "cannot hold the addresses of %s", service->name);
	if (service->source && (sources_parse(service->source, &sources, e) != 0 ||
				sources_check(&sources, e) != 0))
		goto fail;
	for (size_t i = 0; i < service->urls.n; i++) {
		struct url url;
		if (url_parse(service->urls.items[i], &url, e) != 0)
			goto fail;
		const struct tls_spec spec = {
			.ca = service->tls_ca,
			.cert = service->tls_cert,
			.key = service->tls_key,
			.verify = service->tls_verify,
		};
		if (url.tls && !s->tls && tls_new(&spec, &s->tls, e) != 0)
			goto fail;
		if (endpoint_init(&s->endpoints[i], &url, s->tls, e) != 0)
			goto fail;
		s->endpoints[i].sources = sources;
		s->n++;
	}
	return 0;
fail:
	site_release(s);
	return -1;
}

void site_release(struct site *s)
{
	free(s->endpoints);
	s->tls = tls_free(s->tls);
	s->endpoints = NULL;
	s->n = 0;
}

int site_link_init(struct site_link *l, const struct site *s, struct net *n, struct err *e)
{
	*l = (struct site_link){.site = s, .net = n};
	l->origins = calloc(s->n, sizeof(struct origin *));
	for (size_t i = 0; l->origins && i < s->n; i++) {
		l->origins[i] = origin_new(n, &s->endpoints[i]);
		if (!l->origins[i])
			site_link_release(l);
	}
	if (!l->origins)
		return err_set(e, ERR_SYSTEM, "no memory for connections to %s", s->service->name);
	return 0;
}

void site_link_release(struct site_link *l)
{
	for (size_t i = 0; l->origins && i < l->site->n; i++)
		origin_free(l->origins[i]);
	free(l->origins);
	l->origins = NULL;
}

struct origin *site_link_choose(struct site_link *l)
{
	size_t n = l->site->n, best = l->next % n;
	if (l->site->service->balance == BALANCE_LEAST_OPEN)
		for (size_t i = 1; i < n; i++) {
			size_t at = (l->next + i) % n;
			if (origin_in_use(l->origins[at]) < origin_in_use(l->origins[best]))
				best = at;
		}
	l->next = best + 1;
	return l->origins[best];
}

struct origin *site_link_reconsider(const struct site_link *l, struct origin *chosen)
{
	bool least = l->site->service->balance == BALANCE_LEAST_OPEN;
	for (size_t i = 0; least && i < l->site->n; i++)
		if (origin_in_use(l->origins[i]) < origin_in_use(chosen))
			chosen = l->origins[i];
	return chosen;
}

int site_allow_files(uint64_t need, struct err *e)
{
	struct rlimit limit;
	need += FILES_RESERVE;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
		return 0;
	if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < need)
		return err_set(e, ERR_SYSTEM, "%llu open files are needed, %llu are allowed: raise "
			       "the limit ('ulimit -Hn %llu' as root) or ask for fewer requests at "
			       "once", (unsigned long long)need, (unsigned long long)limit.rlim_max,
			       (unsigned long long)need);
	limit.rlim_cur = need;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_sys(e, "cannot allow %llu open files", (unsigned long long)need);
	return 0;
}
