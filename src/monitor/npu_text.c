/* src/monitor/npu_text.c - see npu_text.h: words, errors, and which kind of output it is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/npu_text.h"

#include <ctype.h>
#include <math.h>

#include "base/util.h"
#include "monitor/page.h"

#define DEPTH_OF_NUMBER 63

double npu_number(struct span s)
{
	char text[DEPTH_OF_NUMBER + 1];
	double v;
	s = span_trim(s);
	if (s.len == 0 || s.len > DEPTH_OF_NUMBER || s.data[0] == '+')
		return NAN;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	if (strspn(text, "-0123456789.") != s.len || str_to_real(text, &v, NULL) < 0)
		return NAN;
	return v;
}

int64_t npu_whole(struct span s)
{
	double v = npu_number(s);
	return v >= 0 && v <= 9e15 && v == floor(v) ? (int64_t)v : -1;
}

size_t npu_words(struct span s, struct span *out, size_t max)
{
	size_t n = 0;
	size_t i = 0;
	while (i < s.len) {
		while (i < s.len && isspace((unsigned char)s.data[i]))
			i++;
		size_t from = i;
		while (i < s.len && !isspace((unsigned char)s.data[i]))
			i++;
		if (i == from)
			break;
		if (n < max)
			out[n] = (struct span){s.data + from, i - from};
		n++;
	}
	return n;
}

void npu_pair(struct span s, double *ret_used, double *ret_total)
{
	const char *slash = memchr(s.data, '/', s.len);
	*ret_used = *ret_total = NAN;
	if (!slash)
		return;
	size_t at = (size_t)(slash - s.data);
	double used = npu_number((struct span){s.data, at});
	double total = npu_number((struct span){slash + 1, s.len - at - 1});
	/* 0 / 0: the product has no such memory. */
	if (!(total > 0) || !(used >= 0))
		return;
	*ret_used = used;
	*ret_total = total;
}

size_t npu_fields(struct span line, struct span *out, size_t max)
{
	line = span_trim(line);
	if (line.len < 2 || line.data[0] != '|' || line.data[line.len - 1] != '|')
		return 0;
	size_t n = 0;
	size_t from = 1;
	for (size_t i = 1; i < line.len; i++) {
		if (line.data[i] != '|')
			continue;
		if (n < max)
			out[n] = span_trim((struct span){line.data + from, i - from});
		n++;
		from = i + 1;
	}
	return MIN(n, max);
}

/* What npu-smi and DCMI say when they cannot work (their text on standard output). The first
 * row that is found in the text counts. */
static const struct {
	const char *text;
	int code;
	const char *advice;
} errors[] = {
	{"ret is -8005", -8005,
	 "no device nodes (/dev/davinci*), the driver is not loaded, the user is neither root nor "
	 "in the group HwHiAiUser, the machine was not rebooted after a firmware upgrade, or a "
	 "sandbox hides the devices: assay doctor says which"},
	{"ret is -8020", -8020,
	 "another container holds the device, or the whole driver folder is mounted (on A3): mount "
	 "only driver/lib64 and version.info, or give the device to one container"},
	{"ret is -9005", -9005,
	 "the container lacks /usr/local/dcmi; computing may still work: mount it, or watch from "
	 "the host"},
	{"ret is -8002", -8002, "permission: run as root or as a member of HwHiAiUser"},
	{"ret is -8008", -8008, "the device is absent: assay doctor counts cards on the PCI bus"},
	{"ret is -8012", -8012, "the device is not ready: wait, or look into dmesg"},
	{"ret is -", 0, "an error of the driver; assay doctor looks further"},
	{"error while loading shared libraries", 0,
	 "LD_LIBRARY_PATH lacks /usr/local/Ascend/driver/lib64, its common and its driver folder"},
	{"command not found", 0,
	 "npu-smi is not in PATH, or not mounted into the container: it lies in /usr/local/bin or "
	 "/usr/local/sbin"},
	{"no NPU card on this server", 0, "there is no card, or none is mounted: assay doctor"},
	{"Invalid card id", 0, "there is no such NPU id: npu-smi info -l shows them; a card that "
			       "was there before is lost (dmesg, reboot)"},
	{"Command or option is not found", 0, "this version of npu-smi lacks the option"},
	{"Get pid name failed", 0, "names of host processes are not visible in a container"},
	{"does not support querying", 0, "this product has no such reading"},
	{"Usage: npu-smi", 0, "wrong arguments for npu-smi"},
};

int npu_text_code_of_status(int status)
{
	static const int codes[] = {-8001, -8002, -8003, -8005, -8006, -8007, -8008, -8009,
				    -8012, -8020, -8255, -9001, -9005};
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if ((codes[i] & 0xff) == (status & 0xff))
			return codes[i];
	return 0;
}

static bool contains(struct span s, const char *text)
{
	return s.data && memmem(s.data, s.len, text, strlen(text)) != NULL;
}

/* The code behind "ret is -"; 0 when it is none. */
static int code_at(const char *p, const char *end)
{
	int code = 0;
	for (; p < end && isdigit((unsigned char)*p); p++) {
		if (code > 99999)
			return 0;
		code = code * 10 + (*p - '0');
	}
	return -code;
}

/* true: the line says that something is wrong. */
static bool error_line(struct capture *c, struct span line)
{
	if (contains(line, "[WARNING]")) {
		strings_add(&c->warnings, c->arena,
			    arena_strn(c->arena, line.data,
				       str_utf8_cut(line.data, line.len, 300)));
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		if (!contains(line, errors[i].text))
			continue;
		if (c->error)
			return true;	/* the first one is the cause */
		const char *at = memmem(line.data, line.len, "ret is -", 8);
		c->error = arena_strn(c->arena, line.data,
				      str_utf8_cut(line.data, line.len, 300));
		c->error_code = errors[i].code;
		c->advice = errors[i].advice;
		if (at && c->error_code == 0)
			c->error_code = code_at(at + 8, line.data + line.len);
		return true;
	}
	return false;
}

/* Lines of the version.info files, each file after "cat PATH" or "==> PATH <==". */
struct version_state {
	const char **version;	/* where "Version=" belongs; NULL: not in a known file */
	const char **needs;
	const char *needs_key;
};

static bool version_line(struct version_state *v, struct capture *c, struct span line)
{
	if (str_starts(line.data, "cat ") || str_starts(line.data, "==> ")) {
		*v = (struct version_state){0};
		if (contains(line, "driver/version.info"))
			*v = (struct version_state){&c->driver_version, &c->driver_needs_firmware,
						    "compatible_version_fw="};
		else if (contains(line, "firmware/version.info"))
			*v = (struct version_state){&c->firmware_version, &c->firmware_needs_driver,
						    "compatible_version_drv="};
		else if (contains(line, "toolkit"))
			v->version = &c->cann_version;
		else if (contains(line, "nnae"))
			v->version = &c->nnae_version;
		return true;
	}
	if (!v->version || !memchr(line.data, '=', line.len))
		return false;
	if (line.len > 8 && strncasecmp(line.data, "version=", 8) == 0)
		*v->version = arena_strn(c->arena, line.data + 8, line.len - 8);
	if (v->needs_key && str_starts(line.data, v->needs_key)) {
		size_t skip = strlen(v->needs_key);
		*v->needs = arena_strn(c->arena, line.data + skip, line.len - skip);
	}
	return true;
}

static void parse_lines(const char *text, size_t len, struct capture *c)
{
	struct table_state *table = npu_table_new(c);
	struct pairs_state *pairs = npu_pairs_new(c);
	struct watch_columns watch = {0};
	struct version_state version = {0};
	bool any = false;
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;
		/* Copied, so that every line ends with '\0'. */
		char *copy = arena_strn(c->arena, text + at, n);
		struct span line = span_trim((struct span){copy, n});
		at += n + 1;
		if (line.len == 0)
			continue;
		copy[line.data - copy + line.len] = '\0';
		any |= (line.data[0] != '|' && error_line(c, line)) ||
		       npu_table_line(table, line) ||
		       npu_text_watch_line(line.data, line.len, &watch, c) ||
		       version_line(&version, c, line) || npu_pairs_line(pairs, line);
	}
	npu_pairs_end(pairs);
	if (!any && !c->error) {
		c->error = "nothing that npu-smi prints was recognised";
		c->advice = "give the output of npu-smi info, or of npu-smi info -t TYPE -i ID";
	}
}

void npu_text_parse(const char *text, size_t len, struct capture *ret)
{
	size_t blank = 0;
	while (blank < len && isspace((unsigned char)text[blank]))
		blank++;
	if (page_looks_like(text + blank, len - blank))
		page_to_devices(text, len, ret);
	else
		parse_lines(text, len, ret);
}
