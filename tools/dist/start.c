/* tools/dist/start.c - starts a program of the relocatable bundle with the bundle's own loader.
 *
 * A program names its loader by an absolute path, which a folder that may lie anywhere has not.
 * So each program of the bundle (bin/assay, libexec/assay/assay-worker-*) is this one, linked with
 * nothing: it maps lib/assay/elf/<its name> and lib/assay/<LOADER> as the kernel would have, says
 * so in the auxiliary vector, and jumps to the loader. No second exec: the process keeps its name,
 * its arguments, its environment and its /proc/self/exe, by which assay finds its workers and
 * data, starts itself again, and by which the loader finds the libraries (RPATH, $ORIGIN).
 * SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifndef LOADER
#error "LOADER: the loader's file name"
#endif

#define HEADERS_MAX 32

/* The stack pointer of the process's begin is handed to start() and, afterwards, to the loader. */
#if defined(__x86_64__)
#define MACHINE EM_X86_64
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %r12\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call start\n"
	"	mov %r12, %rsp\n"
	"	xor %edx, %edx\n"
	"	jmp *%rax\n");

static long sys(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
__asm__(".globl _start\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x19, sp\n"
	"	mov x0, sp\n"
	"	bl start\n"
	"	mov sp, x19\n"
	"	mov x16, x0\n"
	"	mov x0, #0\n"
	"	br x16\n");

static long sys(long n, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#error "no bundle for this architecture yet: add its _start and sys()"
#endif

struct image {
	uintptr_t base;		/* added to the addresses in the file */
	uintptr_t entry, headers;
	size_t n_headers;
};

/* The compiler may ask for these two, whatever it is told. */
void *memset(void *to, int value, size_t n)
{
	volatile unsigned char *p = to;
	while (n-- > 0)
		*p++ = (unsigned char)value;
	return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
	volatile unsigned char *p = to;
	const unsigned char *q = from;
	while (n-- > 0)
		*p++ = *q++;
	return to;
}

static size_t length(const char *text)
{
	size_t n = 0;
	while (text[n])
		n++;
	return n;
}

static void say(const char *text)
{
	(void)sys(SYS_write, 2, (long)text, (long)length(text), 0, 0, 0);
}

static _Noreturn void fail(const char *path, const char *why)
{
	say("assay: cannot start: ");
	say(path);
	say(": ");
	say(why);
	say("\n");
	for (;;)
		(void)sys(SYS_exit_group, 127, 0, 0, 0, 0, 0);
}

static const char *reason(long error)
{
	switch (-error) {
	case ENOENT:
		return "not there; the bundle is not complete, unpack it again";
	case EACCES:
		return "may not be read";
	case EPERM:
		return "this file system does not let programs run (noexec)";
	case ENOMEM:
		return "no memory";
	default:
		return "cannot be read or mapped";
	}
}

static uintptr_t map(uintptr_t at, size_t size, int prot, int flags, int fd, uint64_t offset,
		     const char *path)
{
	long got = sys(SYS_mmap, (long)at, (long)size, prot, MAP_PRIVATE | flags, fd,
		       (long)offset);
	if (got < 0 && got > -4096)
		fail(path, reason(got));
	return (uintptr_t)got;
}

static int protection(const Elf64_Phdr *h)
{
	return (h->p_flags & PF_R ? PROT_READ : 0) | (h->p_flags & PF_W ? PROT_WRITE : 0) |
	       (h->p_flags & PF_X ? PROT_EXEC : 0);
}

/* One segment: the file's part, zeroes to the end of its last page, fresh pages behind it. */
static void map_segment(const Elf64_Phdr *h, uintptr_t base, uintptr_t page, int fd,
			const char *path)
{
	uintptr_t at = base + h->p_vaddr;
	uintptr_t begin = at & ~(page - 1);
	uintptr_t file_end = at + h->p_filesz;
	uintptr_t mapped = (file_end + page - 1) & ~(page - 1);
	uintptr_t end = (at + h->p_memsz + page - 1) & ~(page - 1);
	if (h->p_filesz > 0)
		(void)map(begin, file_end - begin, protection(h), MAP_FIXED, fd,
			  h->p_offset - (at - begin), path);
	else
		mapped = begin;
	if (h->p_memsz > h->p_filesz && (h->p_flags & PF_W) && mapped > file_end)
		(void)memset((void *)file_end, 0, mapped - file_end);
	if (end > mapped)
		(void)map(mapped, end - mapped, protection(h), MAP_FIXED | MAP_ANONYMOUS, -1, 0,
			  path);
}

/* Room for all segments together, where the kernel likes; its alignment is the largest asked. */
static uintptr_t reserve(const Elf64_Phdr *h, size_t n, uintptr_t page, const char *path)
{
	uintptr_t low = UINTPTR_MAX, high = 0, align = page;
	for (size_t i = 0; i < n; i++) {
		if (h[i].p_type != PT_LOAD)
			continue;
		low = h[i].p_vaddr < low ? h[i].p_vaddr : low;
		high = h[i].p_vaddr + h[i].p_memsz > high ? h[i].p_vaddr + h[i].p_memsz : high;
		align = h[i].p_align > align ? h[i].p_align : align;
	}
	if (high <= low)
		fail(path, "not a program");
	low &= ~(align - 1);
	uintptr_t size = ((high - low + page - 1) & ~(page - 1)) + align;
	uintptr_t at = map(0, size, PROT_NONE, MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, path);
	uintptr_t used = (at + align - 1) & ~(align - 1);
	uintptr_t used_end = used + size - align;
	if (used > at)
		(void)sys(SYS_munmap, (long)at, (long)(used - at), 0, 0, 0, 0);
	if (at + size > used_end)
		(void)sys(SYS_munmap, (long)used_end, (long)(at + size - used_end), 0, 0, 0, 0);
	return used - low;
}

static void load(const char *path, uintptr_t page, struct image *ret)
{
	Elf64_Ehdr e;
	Elf64_Phdr h[HEADERS_MAX];
	long fd = sys(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		fail(path, reason(fd));
	if (sys(SYS_pread64, fd, (long)&e, sizeof(e), 0, 0, 0) != sizeof(e) ||
	    e.e_ident[EI_MAG0] != ELFMAG0 || e.e_ident[EI_CLASS] != ELFCLASS64 ||
	    e.e_type != ET_DYN || e.e_machine != MACHINE || e.e_phnum > HEADERS_MAX)
		fail(path, "not a program for this machine");
	long size = (long)(e.e_phnum * sizeof(h[0]));
	if (sys(SYS_pread64, fd, (long)h, size, (long)e.e_phoff, 0, 0) != size)
		fail(path, "the file is cut short");
	ret->base = reserve(h, e.e_phnum, page, path);
	ret->entry = ret->base + e.e_entry;
	ret->headers = 0;
	ret->n_headers = e.e_phnum;
	for (size_t i = 0; i < e.e_phnum; i++) {
		if (h[i].p_type != PT_LOAD)
			continue;
		map_segment(&h[i], ret->base, page, (int)fd, path);
		if (e.e_phoff >= h[i].p_offset && e.e_phoff < h[i].p_offset + h[i].p_filesz)
			ret->headers = ret->base + h[i].p_vaddr + e.e_phoff - h[i].p_offset;
	}
	if (ret->headers == 0)
		fail(path, "its headers are not in a segment");
	(void)sys(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* Cuts the last part off "…/part" and returns it; NULL when there is none. */
static const char *cut(char *path)
{
	for (size_t n = length(path); n-- > 0;)
		if (path[n] == '/') {
			path[n] = '\0';
			return path + n + 1;
		}
	return NULL;
}

static size_t add(char *to, size_t at, const char *text)
{
	size_t n = length(text);
	if (at + n >= PATH_MAX)
		fail(text, "the path is too long");
	(void)memcpy(to + at, text, n + 1);
	return at + n;
}

/* bin/NAME and libexec/assay/NAME: the program lib/assay/elf/NAME, and its loader. */
static void find(char *program, char *loader)
{
	char self[PATH_MAX];
	long n = sys(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)self,
		     sizeof(self) - 1, 0, 0);
	if (n <= 0)
		fail("/proc/self/exe", "cannot be read; is /proc mounted?");
	self[n] = '\0';
	const char *name = cut(self);
	const char *folder = cut(self);
	bool in_bin = folder && folder[0] == 'b' && folder[1] == 'i' && folder[2] == 'n' &&
		      folder[3] == '\0';
	if (!name || !folder || (!in_bin && !cut(self)))
		fail(self, "not in bin/ or libexec/assay/ of a bundle");
	size_t at = add(program, 0, self);
	(void)add(program, add(program, at, "/lib/assay/elf/"), name);
	at = add(loader, 0, self);
	(void)add(loader, at, "/lib/assay/" LOADER);
}

uintptr_t start(uintptr_t *stack);	/* called by _start only */

uintptr_t start(uintptr_t *stack)
{
	char program[PATH_MAX], loader[PATH_MAX];
	struct image p, l;
	uintptr_t page = 4096;
	uintptr_t *at = stack + 1 + stack[0] + 1;	/* behind the arguments */
	while (*at)
		at++;
	Elf64_auxv_t *aux = (Elf64_auxv_t *)(at + 1);	/* behind the environment */
	for (Elf64_auxv_t *a = aux; a->a_type != AT_NULL; a++)
		if (a->a_type == AT_PAGESZ)
			page = a->a_un.a_val;
	find(program, loader);
	load(program, page, &p);
	load(loader, page, &l);
	for (Elf64_auxv_t *a = aux; a->a_type != AT_NULL; a++) {
		if (a->a_type == AT_PHDR)
			a->a_un.a_val = p.headers;
		else if (a->a_type == AT_PHNUM)
			a->a_un.a_val = p.n_headers;
		else if (a->a_type == AT_ENTRY)
			a->a_un.a_val = p.entry;
		else if (a->a_type == AT_BASE)
			a->a_un.a_val = l.base;
	}
	return l.entry;
}
