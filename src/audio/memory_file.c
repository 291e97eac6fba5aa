/* src/audio/memory_file.c - see memory_file.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "audio/memory_file.h"

#include "base/util.h"

static sf_count_t length_of(const struct memory_file *f)
{
	return f->out ? (sf_count_t)f->out->len : f->len;
}

static sf_count_t get_length(void *user)
{
	return length_of(user);
}

static sf_count_t seek(sf_count_t offset, int whence, void *user)
{
	struct memory_file *f = user;
	sf_count_t to = whence == SEEK_SET ? offset :
			whence == SEEK_CUR ? f->at + offset : length_of(f) + offset;
	if (to < 0 || to > length_of(f))
		return -1;
	f->at = to;
	return to;
}

static sf_count_t read_some(void *to, sf_count_t count, void *user)
{
	struct memory_file *f = user;
	sf_count_t n = MIN(count, length_of(f) - f->at);
	if (n <= 0)
		return 0;
	const char *from = f->out ? f->out->data : f->data;
	memcpy(to, from + f->at, (size_t)n);
	f->at += n;
	return n;
}

/* Over what is there, then at the end: encoders go back to complete their headers. */
static sf_count_t write_some(const void *from, sf_count_t count, void *user)
{
	struct memory_file *f = user;
	if (!f->out || count <= 0)
		return 0;
	size_t over = MIN((size_t)count, f->out->len - (size_t)f->at);
	if (over > 0)
		memcpy(f->out->data + f->at, from, over);
	if (buf_add(f->out, (const char *)from + over, (size_t)count - over) < 0)
		return 0;
	f->at += count;
	return count;
}

static sf_count_t tell(void *user)
{
	const struct memory_file *f = user;
	return f->at;
}

SF_VIRTUAL_IO memory_file_io = {get_length, seek, read_some, write_some, tell};
