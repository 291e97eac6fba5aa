/* src/serve/upload.c - multipart/form-data, through libmicrohttpd's post-processor.
 *
 * A part's file name is data of no use here and is never looked at.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "base/util.h"
#include "serve/server_parts.h"

#define BOUNDARY_MAX 70		/* RFC 2046 */
#define PARTS_MAX 64
#define PART_HEADER_MAX 8192

const char *const upload_names[UPLOAD_FIELDS] = {
	[UPLOAD_LANGUAGE] = "language", [UPLOAD_MODEL] = "model", [UPLOAD_PROMPT] = "prompt",
	[UPLOAD_RESPONSE_FORMAT] = "response_format", [UPLOAD_STREAM] = "stream",
	[UPLOAD_TEMPERATURE] = "temperature",
};

/* The boundary among the parameters of a Content-Type, without quotes; len 0: none. */
static struct span find_boundary(const char *type)
{
	const char *at = strchr(type, ';');
	while (at) {
		at += 1 + strspn(at + 1, " \t;");
		size_t name = strcspn(at, "=;");
		bool ours = name == strlen("boundary") && strncasecmp(at, "boundary", name) == 0;
		at += name;
		if (*at != '=') {
			at = *at == ';' ? at : NULL;
			continue;
		}
		at++;
		bool quoted = *at == '"';
		at += quoted;
		size_t len = strcspn(at, quoted ? "\"" : "; \t");
		if (ours)
			return (struct span){at, len};
		at = strchr(at + len, ';');
	}
	return (struct span){0};
}

/* The post-processor takes everything behind the first "boundary=" for the boundary and wants the
 * word in lower case, so the header is written anew, in place: this never needs more room than was
 * there. */
static int normalise_type(struct request *r)
{
	char *type = (char *)mhd.lookup_connection_value(r->mhd, MHD_HEADER_KIND, "Content-Type");
	struct span b = type ? find_boundary(type) : (struct span){0};
	if (b.len == 0 || b.len > BOUNDARY_MAX)
		return refuse(r, 400, "bad_boundary",
			"multipart/form-data needs a boundary of 1 to "
			      "%d characters", BOUNDARY_MAX);
	char boundary[BOUNDARY_MAX + 1];
	memcpy(boundary, b.data, b.len);
	boundary[b.len] = '\0';
	size_t room = strlen(type) + 1;
	int n = snprintf(NULL, 0, "multipart/form-data;boundary=%s", boundary);
	if ((size_t)n >= room)
		return refuse(r, 400, "bad_boundary", "multipart/form-data needs a boundary");
	(void)snprintf(type, room, "multipart/form-data;boundary=%s", boundary);
	return 0;
}

/* Bytes of the part that is the file. */
static void add_file(struct request *r, const char *data, uint64_t off, size_t len)
{
	if (off == 0 && r->has_file && r->body.len > 0) {
		(void)refuse(r, 400, "bad_form", "more than one part is the file");
		return;
	}
	r->has_file = true;
	if (len > 0 && reserve(r, len) == 0 && buf_add(&r->body, data, len) < 0)
		(void)refuse(r, 503, "memory", "the server is out of memory");
}

static void add_field(struct request *r, enum upload_field f, const char *data, uint64_t off,
		      size_t len)
{
	if (off == 0 && r->has_field[f] && r->fields[f].len > 0) {
		(void)refuse(r, 400, "bad_form", "the field '%s' came twice", upload_names[f]);
		return;
	}
	r->has_field[f] = true;
	if (len > 0 && buf_add(&r->fields[f], data, len) < 0)
		(void)refuse(r, 413, "too_large", "the field '%s' is too long", upload_names[f]);
}

static enum MHD_Result take(void *cls, enum MHD_ValueKind kind, const char *key,
			    const char *filename, const char *type, const char *encoding,
			    const char *data, uint64_t off, size_t len)
{
	struct request *r = cls;
	(void)kind;
	(void)filename;
	(void)type;
	if (r->refusal.status)
		return MHD_YES;
	if (encoding && !str_equal_nocase(encoding, "binary") &&
	    !str_equal_nocase(encoding, "8bit") && !str_equal_nocase(encoding, "7bit")) {
		(void)refuse(r, 400, "bad_form",
			"a part's Content-Transfer-Encoding is not binary");
		return MHD_YES;
	}
	if (off == 0 && ++r->parts > PARTS_MAX) {
		(void)refuse(r, 400, "bad_form", "more than %d parts", PARTS_MAX);
		return MHD_YES;
	}
	if (key && strcmp(key, r->route->file_field) == 0) {
		add_file(r, data, off, len);
		return MHD_YES;
	}
	for (size_t i = 0; key && i < UPLOAD_FIELDS; i++)
		if (strcmp(key, upload_names[i]) == 0)
			add_field(r, (enum upload_field)i, data, off, len);
	return MHD_YES;
}

int upload_begin(struct request *r)
{
	if (normalise_type(r) < 0)
		return -1;
	r->post = mhd.create_post_processor(r->mhd, PART_HEADER_MAX, take, r);
	if (!r->post)
		return refuse(r, 400, "bad_form", "multipart/form-data that cannot be read");
	return 0;
}

void upload_add(struct request *r, const char *data, size_t len)
{
	if (mhd.post_process(r->post, data, len) != MHD_YES && !r->refusal.status)
		(void)refuse(r, 400, "bad_form", "the multipart body is malformed");
}

int upload_end(struct request *r)
{
	enum MHD_Result rc = mhd.destroy_post_processor(r->post);
	r->post = NULL;
	if (r->refusal.status)
		return -1;
	if (rc != MHD_YES)
		return refuse(r, 400, "bad_form", "the multipart body is malformed or cut off");
	if (!r->has_file)
		return refuse(r, 400, "no_file", "the form has no part '%s'", r->route->file_field);
	for (size_t i = 0; i < UPLOAD_FIELDS; i++) {
		const struct buf *f = &r->fields[i];
		if (f->len > 0 && (str_utf8_valid(f->data, f->len) != f->len ||
				   memchr(f->data, '\0', f->len)))
			return refuse(r, 400, "bad_form", "the field '%s' is not valid UTF-8 text",
				      upload_names[i]);
	}
	return 0;
}
