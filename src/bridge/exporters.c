/* src/bridge/exporters.c - see exporters.h: the one list of exporters.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bridge/exporters.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/util.h"

#define PIECE ((size_t)1 << 20)

static const struct exporter *const exporters[] = {
	&exporter_csv, &exporter_vllm, &exporter_vllm_detailed,
};

const struct exporter *exporter_at(size_t i)
{
	return i < ARRAY_LEN(exporters) ? exporters[i] : NULL;
}

const struct exporter *exporter_parse(const char *text, const char **ret_path, struct err *e)
{
	size_t len = strcspn(text, ":");
	for (size_t i = 0; i < ARRAY_LEN(exporters); i++) {
		if (strlen(exporters[i]->name) != len ||
		    strncmp(exporters[i]->name, text, len) != 0)
			continue;
		if (text[len] && text[len + 1]) {
			*ret_path = text + len + 1;
			return exporters[i];
		}
	}
	(void)err_set(e, ERR_USAGE, "--export '%s': say a form and a file, as in csv:requests.csv, "
		      "vllm:bench.json or vllm-detailed:bench.json", text);
	return NULL;
}

static int flush(struct export_file *out, size_t at_least, struct err *e)
{
	if (out->text.failed)
		return err_set(e, ERR_SYSTEM, "no memory for the export");
	if (out->text.len < at_least)
		return 0;
	if (file_write_all(out->fd, out->text.data, out->text.len) < 0)
		return err_sys(e, "cannot write the export");
	buf_clear(&out->text);
	return 0;
}

int export_flush(struct export_file *out, struct err *e)
{
	return flush(out, PIECE, e);
}

int exporter_write(const struct exporter *x, const char *path, const struct result *r,
		   const struct keeper *records, struct err *e)
{
	char part[4096];
	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return err_set(e, ERR_USAGE, "the path '%s' is too long", path);
	CLEANUP(close_fd) int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_sys(e, "cannot write '%s'", part);
	struct export_file out = {.fd = fd, .text = BUF_INIT(BUF_UNLIMITED)};
	int rc = x->write(r, records, &out, e);
	if (rc == 0)
		rc = flush(&out, 1, e);
	buf_release(&out.text);
	if (rc == 0 && (fsync(fd) < 0 || rename(part, path) < 0))
		rc = err_sys(e, "cannot write '%s'", path);
	if (rc != 0)
		(void)unlink(part);
	return rc == 0 ? 0 : err_prefix(e, "%s: ", path);
}
