/* src/cli/cmd_logs.c - assay logs: what the services of a deployment print.
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/stop.h"
#include "cli/commands.h"
#include "cli/deployment.h"

#define TAIL_MAX ((size_t)4 << 20)

struct logs_options {
	const char *state;
	int64_t lines;
	bool follow;
};

static const struct opt own_options[] = {
	{.name = "state", OPT_AT_STRING(struct logs_options, state), .arg = "DIR",
	 .help = "where what runs is remembered; else $XDG_STATE_HOME/assay"},
	{.name = "lines", .letter = 'n', OPT_AT_INT(struct logs_options, lines), .def = "50",
	 .min = 0, .max = 1000000, .help = "the last N lines of each"},
	{.name = "follow", .letter = 'f', OPT_AT_BOOL(struct logs_options, follow),
	 .help = "go on as they grow, until Ctrl-C"},
	{0},
};

static int run(int argc, char **argv);

const struct command command_logs = {
	.name = "logs",
	.summary = "show what the services of a deployment print",
	.usage = "FILE|NAME [SERVICE[.REPLICA]] [options]",
	.text = "Shows the ends of the logs of a deployment's services, also after assay down.",
	.examples = "assay logs deploy.yaml asr -n 100\n"
		    "assay logs deploy.yaml --follow",
	.tables = (const struct opt *const[]){own_options, NULL},
	.run = run,
};

struct log_file {
	const char *path, *name;
	off_t at;
};

static bool is_wanted(const char *file, const char *service)
{
	size_t len = service ? strlen(service) : 0;
	return str_ends(file, ".log") && strcmp(file, "supervisor.log") != 0 &&
	       (!service || (strncmp(file, service, len) == 0 && file[len] == '.'));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct log_file *)a)->name, ((const struct log_file *)b)->name);
}

static struct log_file *find_logs(const char *dir, const char *service, struct arena *a,
				  size_t *ret_n)
{
	struct log_file *files = NULL;
	struct dirent *entry;
	DIR *d = opendir(dir);
	*ret_n = 0;
	while (d && (entry = readdir(d)))
		if (is_wanted(entry->d_name, service)) {
			struct log_file *f = ARENA_ADD(a, files, *ret_n);
			f->path = arena_fmt(a, "%s/%s", dir, entry->d_name);
			f->name = arena_strn(a, entry->d_name, strlen(entry->d_name) - 4);
		}
	if (d)
		(void)closedir(d);
	if (*ret_n > 1)
		qsort(files, *ret_n, sizeof(*files), by_name);
	return files;
}

/* What is new in the file since the last look; 0, or the exit status of a failed write. */
static int show_new(struct log_file *f, const char *head)
{
	CLEANUP(close_fd) int fd = open(f->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char piece[65536];
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == f->at)
		return 0;
	if (st.st_size < f->at)
		f->at = 0;	/* begun again */
	int status = command_print(head, strlen(head));
	ssize_t n;
	while (status == 0 && (n = pread(fd, piece, sizeof(piece), f->at)) > 0) {
		status = command_print(piece, (size_t)n);
		f->at += n;
	}
	return status;
}

/* Put the place at the last lines. */
static void seek_lines(struct log_file *f, int64_t lines)
{
	CLEANUP(close_fd) int fd = open(f->path, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t from = MAX(end - (off_t)TAIL_MAX, (off_t)0);
	CLEANUP(buf_release) struct buf text = BUF_INIT(TAIL_MAX);
	char *p = buf_reserve(&text, TAIL_MAX - 1);
	ssize_t n = p && fd >= 0 ? pread(fd, p, TAIL_MAX - 1, from) : 0;
	ssize_t at = MAX(n, (ssize_t)0);
	if (at > 0 && p[at - 1] == '\n')
		at--;
	if (lines == 0)
		at = MAX(n, (ssize_t)0);
	while (at > 0 && lines > 0 && (p[at - 1] != '\n' || --lines > 0))
		at--;
	f->at = from + at;
}

static int show(struct log_file *files, size_t n, const struct logs_options *o, struct arena *a)
{
	int status = 0;
	for (size_t i = 0; i < n; i++)
		seek_lines(&files[i], o->lines);
	do {
		uint64_t next = clock_now() + NS_PER_S / 5;
		for (size_t i = 0; i < n && status == 0; i++)
			status = show_new(&files[i], n > 1 ? arena_fmt(a, "==> %s <==\n",
								       files[i].name) : "");
		if (o->follow && status == 0)
			(void)clock_sleep_until(next);
	} while (o->follow && status == 0 && !stop_requested());
	return status;
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct logs_options o = {0};
	struct optset sets[] = {{.rows = own_options, .to = &o}};
	struct strings words = {0};
	struct err e;
	size_t n;
	int status;
	if (command_begin(&command_logs, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_logs, &words, 1, 2)) != 0)
		return status;
	const char *dir = deployment_find(o.state, words.items[0], a, &e);
	if (!dir)
		return command_fail(&e);
	struct log_file *files = find_logs(dir, words.n > 1 ? words.items[1] : NULL, a, &n);
	if (n == 0) {
		(void)err_set(&e, ERR_SYSTEM, "there is no log of '%s'",
			      words.items[words.n - 1]);
		return command_fail(&e);
	}
	return show(files, n, &o, a);
}
