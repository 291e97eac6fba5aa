/* tests/workers/vision/eyes.c - see eyes.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "eyes.h"

#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/util.h"

struct worker *drawer, *viewer;

bool eyes_missing(const char *name)
{
	CLEANUP(free_ptr) char *path = file_find_worker(name);
	if (!path)
		printf("1..0 # SKIP %s was not built\n", name);
	return !path;
}

int drawer_open(void **state)
{
	(void)state;
	drawer = run_worker("draw");
	return 0;
}

int eyes_open(void **state)
{
	(void)drawer_open(state);
	viewer = run_worker("vision");
	return 0;
}

int eyes_close(void **state)
{
	(void)state;
	drawer = worker_free(drawer);
	viewer = worker_free(viewer);
	return 0;
}

void pic_release(struct pic *p)
{
	free(p->rgb);
	p->rgb = NULL;
}

json_t *from_text(const char *text)
{
	char *copy = strdup(text);
	assert_non_null(copy);
	for (char *p = copy; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	json_error_t why;
	json_t *j = json_loads(copy, 0, &why);
	if (!j)
		fail_msg("%s: %s", why.text, copy);
	free(copy);
	return j;
}

static void decode_jpeg(const struct buf *file, struct pic *p)
{
	struct jpeg_decompress_struct info;
	struct jpeg_error_mgr error;
	info.err = jpeg_std_error(&error);
	jpeg_create_decompress(&info);
	jpeg_mem_src(&info, (const unsigned char *)file->data, file->len);
	jpeg_read_header(&info, TRUE);
	info.out_color_space = JCS_RGB;
	jpeg_start_decompress(&info);
	assert_int_equal(info.output_width, p->width);
	assert_int_equal(info.output_height, p->height);
	while (info.output_scanline < info.output_height) {
		JSAMPROW row = p->rgb + 3 * (size_t)p->width * info.output_scanline;
		jpeg_read_scanlines(&info, &row, 1);
	}
	jpeg_finish_decompress(&info);
	jpeg_destroy_decompress(&info);
}

struct pic draw(json_t *scene, int quality)
{
	CLEANUP(reply_release) struct reply r;
	json_t *h = json_pack("{s:s, s:o, s:s}", "type", "draw", "scene", scene, "format",
			      quality ? "jpeg" : "rgb");
	if (quality)
		json_put_int(h, "quality", quality);
	ask(drawer, h, NULL, 0, &r);
	if (!r.done)
		fail_msg("%s", r.err.text);
	int64_t width, height;
	assert_true(json_whole(r.first, "width", &width));
	assert_true(json_whole(r.first, "height", &height));
	struct pic p = {.width = (int)width, .height = (int)height};
	size_t len = 3 * (size_t)(width * height);
	p.rgb = malloc(len);
	assert_non_null(p.rgb);
	if (quality) {
		decode_jpeg(&r.payload, &p);
		return p;
	}
	assert_int_equal(r.payload.len, len);
	memcpy(p.rgb, r.payload.data, len);
	return p;
}

struct pic draw_text(const char *scene, int quality)
{
	return draw(from_text(scene), quality);
}

static char *ask_viewer(json_t *messages, const struct buf *payload, json_t *extra,
			json_t **ret_done)
{
	CLEANUP(reply_release) struct reply r;
	json_t *h = json_pack("{s:s, s:o}", "type", "chat", "messages", messages);
	if (extra)
		json_object_update(h, extra);
	json_decref(extra);
	ask(viewer, h, payload ? payload->data : NULL, payload ? payload->len : 0, &r);
	if (!r.done)
		fail_msg("%s", r.err.text);
	struct buf text = BUF_INIT(1 << 22);
	for (size_t i = 0; i < json_array_size(r.list); i++) {
		const json_t *frame = json_array_get(r.list, i);
		assert_string_equal(json_text(frame, "type", ""), "token");
		(void)buf_str(&text, json_text(frame, "text", ""));
	}
	int64_t tokens;
	assert_true(json_whole(r.done, "completion_tokens", &tokens));
	assert_int_equal(tokens, json_array_size(r.list));
	if (ret_done)
		*ret_done = json_incref(r.done);
	return text.len ? buf_take(&text) : strdup("");
}

char *look(const char *question, const struct pic *pics, size_t n, json_t *extra,
	   json_t **ret_done)
{
	CLEANUP(buf_release) struct buf payload = BUF_INIT(BUF_UNLIMITED);
	json_t *parts = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *part = json_pack("{s:s, s:I, s:i, s:i}", "type", "image", "offset",
					 (json_int_t)payload.len, "width", pics[i].width, "height",
					 pics[i].height);
		json_array_append_new(parts, part);
		size_t len = 3 * (size_t)pics[i].width * (size_t)pics[i].height;
		assert_int_equal(buf_add(&payload, pics[i].rgb, len), 0);
	}
	json_array_append_new(parts, json_pack("{s:s, s:s}", "type", "text", "text", question));
	return ask_viewer(json_pack("[{s:s, s:o}]", "role", "user", "content", parts), &payload,
			  extra, ret_done);
}

char *say(json_t *messages, json_t *extra, json_t **ret_done)
{
	return ask_viewer(messages, NULL, extra, ret_done);
}

int says(const char *question, const struct pic *pics, size_t n, const char *words)
{
	CLEANUP(free_ptr) char *answer = look(question, pics, n, NULL, NULL);
	if (strstr(answer, words))
		return 1;
	print_message("# '%s': no '%s' in: %s\n", question, words, answer);
	return 0;
}
