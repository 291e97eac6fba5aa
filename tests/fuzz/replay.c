/* tests/fuzz/replay.c - runs a fuzz target over its seeds without a fuzzer, the same each time.
 *
 * replay [-n ROUNDS] FILE-OR-FOLDER…   Each seed whole, then cut at every byte (at most CUTS_MAX
 * cuts), then ROUNDS random changes of the seeds. An input that ends the program stays in
 * ./<program>.crash; it belongs into tests/fuzz/seeds/found/<target>/ once the cause is mended.
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/rng.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/http/guard.h"

#define SEEDS_MAX 512
#define INPUT_MAX ((size_t)1 << 17)
#define CUTS_MAX ((size_t)400)
#define INPUT_SECONDS 10

static struct buf seeds[SEEDS_MAX];
static size_t n_seeds;
static struct guard guard;

/* For the signal handler: the input that is being run. */
static const char *current;
static size_t current_len;
static char crash_name[256];

static void on_crash(int signo)
{
	int fd = open(crash_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd >= 0) {
		(void)file_write_all(fd, current, current_len);
		(void)close(fd);
	}
	(void)signal(signo, SIG_DFL);
	(void)raise(signo);
}

static void run(const char *data, size_t len)
{
	current = guard_put(&guard, data, len);
	current_len = len;
	(void)alarm(INPUT_SECONDS);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)current, len);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int add_seed(const char *path)
{
	struct err e;
	if (n_seeds == SEEDS_MAX)
		return 0;
	struct buf *b = &seeds[n_seeds++];
	buf_init(b, INPUT_MAX);
	if (file_read(path, b, &e) == 0)
		return 0;
	(void)printf("Bail out! %s\n", e.text);
	return -1;
}

static int add_seeds(const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return add_seed(path);
	struct dirent **names = NULL;
	int n = scandir(path, &names, not_hidden, by_name);
	int rc = 0;
	for (int i = 0; i < n; i++) {
		char name[4096];
		(void)snprintf(name, sizeof(name), "%s/%s", path, names[i]->d_name);
		if (rc == 0 && stat(name, &st) == 0 && S_ISREG(st.st_mode))
			rc = add_seed(name);
		free(names[i]);
	}
	free(names);
	return rc;
}

/* Bytes that parsers of numbers, lines and nesting stumble over. */
static const char *const words[] = {
	"", "\r\n", "\n", "\r", "\t", " ", ":", ",", "|", "\"", "\\", "{", "}", "[", "]", "-", "0",
	"-1", "1e999", "NaN", "4294967295", "4294967296", "9223372036854775807",
	"9223372036854775808", "18446744073709551615", "18446744073709551616", "0x", "null",
	"\\u0000", "\\ud800", "\xff", "\xc3\x28", "\xe2\x82", "\xef\xbb\xbf", "%00", "%s%n",
};

/* Replace `cut` bytes at `at` by others; what would grow past the maximum is left as it is. */
static size_t replace(char *b, size_t len, size_t at, size_t cut, const char *with, size_t n)
{
	if (len - cut + n > INPUT_MAX)
		return len;
	memmove(b + at + n, b + at + cut, len - at - cut);
	if (n > 0)
		memcpy(b + at, with, n);
	return len - cut + n;
}

/* A number below max, and at most left. */
static size_t some_of(struct rng *r, size_t left, size_t max)
{
	size_t n = (size_t)rng_below(r, max);
	return MIN(n, left);
}

static size_t change(struct rng *r, char *b, size_t len)
{
	size_t at = (size_t)rng_below(r, len + 1);
	size_t some = some_of(r, len - at, 16);
	char copy[64];
	switch (rng_below(r, 8)) {
	case 0:
		if (at < len)
			b[at] = (char)(b[at] ^ 1 << rng_below(r, 8));
		return len;
	case 1:
		if (at < len)
			b[at] = (char)rng_next(r);
		return len;
	case 2:
		return replace(b, len, at, some, "", 0);
	case 3:	/* once more what stands there */
		some = some_of(r, len - at, sizeof(copy));
		memcpy(copy, b + at, some);
		return replace(b, len, at, 0, copy, some);
	case 4: {
		const char *word = words[rng_below(r, ARRAY_LEN(words))];
		return replace(b, len, at, rng_below(r, 2) ? some : 0, word, strlen(word));
	}
	case 5: {	/* a piece of a seed */
		const struct buf *from = &seeds[rng_below(r, n_seeds)];
		size_t where = (size_t)rng_below(r, from->len + 1);
		size_t n = some_of(r, from->len - where, 200);
		return replace(b, len, at, some, from->data ? from->data + where : "", n);
	}
	case 6:	/* four bytes near a border, for binary sizes */
		for (size_t i = 0; i < 4 && at + i < len; i++)
			b[at + i] = (char)(rng_below(r, 2) ? 0xff : 0);
		return len;
	default:
		return rng_below(r, 8) == 0 ? at : len;
	}
}

static void run_seeds(void)
{
	run("", 0);
	for (size_t i = 0; i < n_seeds; i++) {
		size_t len = seeds[i].len;
		size_t step = 1 + len / CUTS_MAX;
		for (size_t cut = 1; cut < len; cut += step)
			run(seeds[i].data, cut);
		run(seeds[i].data ? seeds[i].data : "", len);
	}
}

static void run_changes(long rounds)
{
	static char b[INPUT_MAX];
	struct rng r;
	rng_init_named(&r, 1, "fuzz");
	for (long i = 0; i < rounds; i++) {
		const struct buf *seed = &seeds[rng_below(&r, n_seeds)];
		size_t len = seed->len;
		if (len > 0)
			memcpy(b, seed->data, len);
		for (uint64_t n = 1 + rng_below(&r, 6); n > 0; n--)
			len = change(&r, b, len);
		run(b, len);
	}
}

int main(int argc, char **argv)
{
	static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM, SIGTERM};
	long rounds = 4000;
	int at = 1;
	if (argc > 2 && strcmp(argv[1], "-n") == 0) {
		rounds = strtol(argv[2], NULL, 10);
		at = 3;
	}
	const char *slash = strrchr(argv[0], '/');
	(void)snprintf(crash_name, sizeof(crash_name), "%s.crash", slash ? slash + 1 : argv[0]);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)signal(signals[i], on_crash);
	for (; at < argc; at++)
		if (add_seeds(argv[at]) < 0)
			return 1;
	if (n_seeds == 0 || rounds <= 0) {
		(void)puts("Bail out! no seeds, or no rounds");
		return 1;
	}
	guard = guard_new(INPUT_MAX);
	(void)printf("1..2\n");
	run_seeds();
	(void)printf("ok 1 - %zu seeds, whole and cut\n", n_seeds);
	run_changes(rounds);
	(void)printf("ok 2 - %ld changed seeds\n", rounds);
	for (size_t i = 0; i < n_seeds; i++)
		buf_release(&seeds[i]);
	guard_free(&guard);
	return 0;
}
