/* src/monitor/page.c - see page.h.
 * Format: Prometheus text exposition 0.0.4. A timestamp may follow the value (npu-exporter).
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/page.h"

#include <ctype.h>
#include <math.h>

#include "base/util.h"

static bool is_name(char c, bool first)
{
	return isalpha((unsigned char)c) || c == '_' || c == ':' ||
	       (!first && isdigit((unsigned char)c));
}

/* End of the labels that begin at '{' (the '}'), or NULL. */
static const char *labels_end(const char *at, const char *end)
{
	bool quoted = false;
	for (at++; at < end; at++) {
		if (quoted && *at == '\\')
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (*at == '}' && !quoted)
			return at;
	}
	return NULL;
}

static bool parse_value(const char *at, const char *end, double *ret)
{
	char text[64];
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	size_t n = 0;
	while (at + n < end && !isspace((unsigned char)at[n]))
		n++;
	if (n == 0 || n >= sizeof(text))
		return false;
	memcpy(text, at, n);
	text[n] = '\0';
	char *stop;
	*ret = strtod(text, &stop);
	return *stop == '\0';
}

static bool parse_sample(const char *at, const char *end, struct page_sample *ret)
{
	const char *from = at;
	while (at < end && is_name(*at, at == from))
		at++;
	if (at == from)
		return false;
	ret->name = (struct span){from, (size_t)(at - from)};
	ret->labels = (struct span){at, 0};
	if (at < end && *at == '{') {
		const char *close = labels_end(at, end);
		if (!close)
			return false;
		ret->labels = (struct span){at + 1, (size_t)(close - at - 1)};
		at = close + 1;
	} else if (at >= end || !isspace((unsigned char)*at)) {
		return false;
	}
	return parse_value(at, end, &ret->value);
}

bool page_next(struct page_cursor *c, struct page_sample *ret)
{
	while (c->at < c->end) {
		const char *line = c->at;
		const char *end = memchr(line, '\n', (size_t)(c->end - line));
		c->at = end ? end + 1 : c->end;
		if (!end)
			end = c->end;
		while (line < end && isspace((unsigned char)*line))
			line++;
		if (parse_sample(line, end, ret))
			return true;
	}
	return false;
}

bool page_label(struct span labels, const char *key, struct span *ret)
{
	const char *at = labels.data;
	const char *end = at + labels.len;
	size_t key_len = strlen(key);
	while (at < end) {
		while (at < end && (*at == ',' || isspace((unsigned char)*at)))
			at++;
		const char *name = at;
		while (at < end && *at != '=')
			at++;
		size_t name_len = (size_t)(at - name);
		if (end - at < 2 || at[1] != '"')
			return false;
		const char *value = at += 2;
		while (at < end && *at != '"')
			at += *at == '\\' ? 2 : 1;
		if (at >= end)
			return false;
		if (name_len == key_len && memcmp(name, key, key_len) == 0) {
			*ret = (struct span){value, (size_t)(at - value)};
			return true;
		}
		at++;
	}
	return false;
}

bool page_looks_like(const char *text, size_t len)
{
	struct page_sample s;
	if (len >= 7 && (memcmp(text, "# HELP ", 7) == 0 || memcmp(text, "# TYPE ", 7) == 0))
		return true;
	const char *end = memchr(text, '\n', len);
	return parse_sample(text, end ? end : text + len, &s) && s.labels.len > 0 &&
	       memchr(s.labels.data, '"', s.labels.len);
}

/* Names of server metrics, without the part before ':' (vllm:, sglang:). Servers that name
 * them so: vLLM, vLLM-Ascend, SGLang, MindIE Service, NIM, llama.cpp's server. */
static const struct {
	const char *name;
	enum page_value value;
} server_names[] = {
	{"num_requests_running", PAGE_RUNNING}, {"num_running_reqs", PAGE_RUNNING},
	{"requests_processing", PAGE_RUNNING},
	{"num_requests_waiting", PAGE_WAITING}, {"num_queue_reqs", PAGE_WAITING},
	{"requests_deferred", PAGE_WAITING},
	{"num_requests_swapped", PAGE_SWAPPED},
	{"gpu_cache_usage_perc", PAGE_CACHE}, {"kv_cache_usage_perc", PAGE_CACHE},
	{"npu_cache_usage_perc", PAGE_CACHE}, {"token_usage", PAGE_CACHE},
	{"kv_cache_usage_ratio", PAGE_CACHE},
	{"num_preemptions_total", PAGE_PREEMPTIONS},
	{"prompt_tokens_total", PAGE_PROMPT_TOKENS},
	{"generation_tokens_total", PAGE_OUTPUT_TOKENS},
	{"tokens_predicted_total", PAGE_OUTPUT_TOKENS},
	{"request_success_total", PAGE_REQUESTS},
	{"time_to_first_token_seconds_sum", PAGE_TTFT_SUM},
	{"time_to_first_token_seconds_count", PAGE_TTFT_COUNT},
	{"time_per_output_token_seconds_sum", PAGE_TPOT_SUM},
	{"time_per_output_token_seconds_count", PAGE_TPOT_COUNT},
	{"time_between_tokens_seconds_sum", PAGE_TPOT_SUM},
	{"time_between_tokens_seconds_count", PAGE_TPOT_COUNT},
	{"inter_token_latency_seconds_sum", PAGE_TPOT_SUM},
	{"inter_token_latency_seconds_count", PAGE_TPOT_COUNT},
	{"e2e_request_latency_seconds_sum", PAGE_LATENCY_SUM},
	{"e2e_request_latency_seconds_count", PAGE_LATENCY_COUNT},
	{"request_queue_time_seconds_sum", PAGE_QUEUE_SUM},
	{"request_queue_time_seconds_count", PAGE_QUEUE_COUNT},
};

size_t page_to_server(const char *text, size_t len, struct page_server *ret)
{
	struct page_cursor c = {text, text + len};
	struct page_sample s;
	const char *taken[PAGE_COUNT_OF_VALUES] = {NULL};	/* which name gave the value */
	size_t n = 0;
	for (size_t i = 0; i < PAGE_COUNT_OF_VALUES; i++)
		ret->values[i] = NAN;
	while (page_next(&c, &s)) {
		const char *colon = memchr(s.name.data, ':', s.name.len);
		struct span name = s.name;
		if (colon)
			name = (struct span){colon + 1, s.name.len -
					     (size_t)(colon + 1 - s.name.data)};
		for (size_t i = 0; i < ARRAY_LEN(server_names); i++) {
			enum page_value v = server_names[i].value;
			if (!span_is(name, server_names[i].name) || !isfinite(s.value))
				continue;
			double *to = &ret->values[v];
			if (isnan(*to)) {
				*to = s.value;
				taken[v] = server_names[i].name;
				n++;
			} else if (taken[v] == server_names[i].name) {
				/* several engines or models: shares do not add up */
				*to = v == PAGE_CACHE ? fmax(*to, s.value) : *to + s.value;
			}	/* else: a second name for the same thing */
			break;
		}
	}
	return n;
}
