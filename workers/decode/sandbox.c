/* workers/decode/sandbox.c - what is taken off before the first file is read.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "decode.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0	/* sanitizers need more memory and more calls than a decoder */
#endif

/* Room for the file, for the largest picture that serve lets in (64 megapixels, progressive JPEG
 * with its coefficients), and for its copy when it has to be turned. */
#define MEMORY_MAX ((rlim_t)2 << 30)

static int limit(int resource, rlim_t value, struct err *e)
{
	struct rlimit l = {.rlim_cur = value, .rlim_max = value};
	if (setrlimit(resource, &l) < 0)
		return err_sys(e, "cannot limit what the decoder may use");
	return 0;
}

static int set_limits(struct err *e)
{
	/* A log that is a file cannot be written any more: the write fails, nothing else. */
	(void)signal(SIGXFSZ, SIG_IGN);
	if (!SANITIZED && limit(RLIMIT_AS, MEMORY_MAX, e) < 0)
		return -1;
	if (limit(RLIMIT_NOFILE, WORKER_FD + 1, e) < 0 || limit(RLIMIT_FSIZE, 0, e) < 0 ||
	    limit(RLIMIT_CORE, 0, e) < 0)
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ?
		       err_sys(e, "cannot give up privileges") : 0;
}

void sandbox_begin_request(void)
{
	rlim_t used = (rlim_t)(clock_process_cpu() / NS_PER_S);
	struct rlimit l = {.rlim_cur = used + CPU_SECONDS + 5, .rlim_max = RLIM_INFINITY};
	(void)setrlimit(RLIMIT_CPU, &l);
}

/* What a decoder that only computes and talks on fd 3 needs. */
static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(brk),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* What libraries try and can do without: libsndfile's MP3 reader opens a folder, stdio asks what
 * its files are. */
static const int refused[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(readlink),
	SCMP_SYS(ioctl), SCMP_SYS(fcntl), SCMP_SYS(getcwd), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind),
	SCMP_SYS(socketpair),
};

static const int deadly[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_writev), SCMP_SYS(process_vm_readv), SCMP_SYS(kill), SCMP_SYS(bpf),
};

static int add_rules(scmp_filter_ctx c)
{
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		rc |= seccomp_rule_add(c, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
	if (SANITIZED) {
		for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
			rc |= seccomp_rule_add(c, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
		return rc;
	}
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		rc |= seccomp_rule_add(c, SCMP_ACT_ALLOW, allowed[i], 0);
	/* Memory, but none that can be run. */
	rc |= seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			       SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	rc |= seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			       SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* Its own CPU time, per request. */
	rc |= seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
			       SCMP_A0_32(SCMP_CMP_EQ, 0),
			       SCMP_A1_32(SCMP_CMP_EQ, RLIMIT_CPU));
	return rc;
}

static bool filter_calls(void)
{
	scmp_filter_ctx c = seccomp_init(SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
	if (!c)
		return false;
	bool done = add_rules(c) == 0 && seccomp_load(c) == 0;
	seccomp_release(c);
	return done;
}

int sandbox_enter(const char **ret_level, struct err *e)
{
	(void)close_range(WORKER_FD + 1, ~0u, 0);
	tzset();	/* reads a file, once */
	if (set_limits(e) < 0)
		return -1;
	sandbox_begin_request();
	*ret_level = "rlimits";
	if (filter_calls())
		*ret_level = "seccomp";
	else
		(void)fprintf(stderr, "assay-worker-decode: no seccomp here, limits only\n");
	return 0;
}
