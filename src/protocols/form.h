/* src/protocols/form.h - a multipart/form-data body (RFC 7578) written into a request.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_FORM_H
#define PROTOCOLS_FORM_H

#include "protocols/protocol.h"

/* Fields that the service's body sets are left to it. */
struct form {
	const struct service *service;
	struct request *out;
	char boundary[48];
};

/* The boundary is made from the hash of the media: a file that holds its own hash is not found
 * by chance, and the same request has the same bytes on every run. */
void form_begin(struct form *f, const struct service *s, struct request *out,
		const struct media *media);
void form_text(struct form *f, const char *name, const char *value);	/* NULL: skipped */
void form_real(struct form *f, const char *name, double value);
void form_media(struct form *f, const char *name, const struct media *media);

/* A field whose value the caller adds to the request itself. */
void form_field_begin(struct form *f, const char *name);
void form_field_end(struct form *f);

/* The body's fields and the end. -1: the request had no room. */
int form_end(struct form *f, struct err *e);

#endif
