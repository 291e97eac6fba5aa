/* src/client/hint.h - what to write instead when a service answers that the URL is not right.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_HINT_H
#define CLIENT_HINT_H

#include "base/str.h"
#include "http/url.h"
#include "protocols/protocol.h"

#define HINT_MAX 512

/* A redirect to location (data NULL: the reply names none) for a request to url + path. */
void hint_redirect(const struct service *s, const struct url *url, const char *path,
		   struct span location, char out[HINT_MAX]);

/* Status 404 or 405 with these words of the service. "" when they are about something else (a model
 * that is not there) or nothing better is known. */
void hint_not_found(const struct service *s, const struct url *url, const char *path,
		    struct span words, char out[HINT_MAX]);

#endif
