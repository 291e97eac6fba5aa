/* workers/decode/main.c - sound and picture files of strangers to samples and pixels.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "decode.h"

#define FILE_MAX ((size_t)256 << 20)

static uint64_t cpu_until;

int refuse(struct guest_request *r, struct err *e, const char *code, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	guest_code(r, code);
	return err_set(e, ERR_DATA, "%s", text);
}

int check_time(struct guest_request *r, struct err *e)
{
	if (guest_cancelled(r))
		return err_set(e, ERR_INTERRUPTED, "cancelled");
	if (clock_process_cpu() > cpu_until)
		return refuse(r, e, "too_slow", "decoding the file takes more than %d s of CPU "
			      "time", CPU_SECONDS);
	return 0;
}

static int open_decode(int argc, char **argv, json_t *ready, struct err *e)
{
	(void)argc, (void)argv;
	const char *level;
	if (sandbox_enter(&level, e) < 0)
		return -1;
	json_put_text(ready, "sandbox", level);
	json_put(ready, "kinds", json_pack("[s, s]", "audio", "image"));
	json_put(ready, "audio_formats", json_pack("[s, s, s, s, s, s, s]", "wav", "flac", "ogg",
						   "mp3", "aiff", "au", "caf"));
	json_put(ready, "image_formats", json_pack("[s, s]", "png", "jpeg"));
	json_put_text(ready, "version", ASSAY_VERSION);
	return 0;
}

static int decode(struct guest_request *r, const struct frame *f, json_t *done, struct err *e)
{
	sandbox_begin_request();
	cpu_until = clock_process_cpu() + CPU_SECONDS * NS_PER_S;
	const char *kind = json_text(f->header, "kind", "");
	if (strcmp(kind, "audio") == 0)
		return decode_audio(r, f, done, e);
	if (strcmp(kind, "image") == 0)
		return decode_image(r, f, done, e);
	return refuse(r, e, "protocol", "'kind' is neither audio nor image");
}

int main(int argc, char **argv)
{
	static const struct guest worker = {
		.name = "decode", .task = "decode", .payload_max = FILE_MAX,
		.open = open_decode, .request = decode,
	};
	return guest_main(&worker, argc, argv);
}
