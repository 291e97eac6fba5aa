/* src/protocols/reply.c - see reply.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/reply.h"

#include <strings.h>

#include "base/json.h"
#include "base/util.h"
#include "protocols/stream_event.h"

bool reply_type_is(const struct http_head *head, const char *const *types)
{
	struct span value = http_header(head, "content-type");
	for (; *types; types++) {
		size_t n = strlen(*types);
		if ((*types)[n - 1] == '/' && value.data && value.len >= n &&
		    strncasecmp(value.data, *types, n) == 0)
			return true;
		if (http_content_type_is(head, *types))
			return true;
	}
	return false;
}

bool reply_is_json(const struct http_head *head)
{
	return http_content_type_is(head, "application/json");
}

enum outcome reply_collect(struct answer *a, const char *data, size_t len, enum outcome bad)
{
	return buf_add(&a->body, data, len) == 0 ? OUTCOME_OK : bad;
}

enum outcome reply_object(struct answer *a, json_t **ret)
{
	if (a->body.len == 0)
		return OUTCOME_EMPTY_ANSWER;
	json_t *j = json_read(a->body.data, a->body.len, JSON_DEPTH_MAX, NULL);
	struct stream_event ev;
	if (!json_is_object(j)) {
		json_decref(j);
		return OUTCOME_BAD_JSON;
	}
	(void)stream_event_from_tree(j, "message", &ev);
	if (ev.error.data) {
		stream_event_note_error(&ev, a);
		json_decref(j);
		return OUTCOME_ERROR_BODY;
	}
	*ret = j;
	return OUTCOME_OK;
}

enum outcome reply_wrong_type(struct answer *a)
{
	json_t *j = NULL;
	if (reply_object(a, &j) == OUTCOME_ERROR_BODY)
		return OUTCOME_ERROR_BODY;
	json_decref(j);
	return OUTCOME_BAD_CONTENT_TYPE;
}
