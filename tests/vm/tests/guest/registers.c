/* Kernels before 6.13 have room for the registers of AVX-512 as user-mode-linux, and no more. A processor with AMX has larger ones; it takes all of them or none, and
   the guest ends with "ptrace set fp regs failed". So what is missing is added here, as registers that nobody uses. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define ALL_AT_ONCE 0x202

static unsigned char registers[1 << 16];

long ptrace(enum __ptrace_request request, ...)
{
	static long (*real)(enum __ptrace_request, long, void *, void *);
	__builtin_va_list arguments;
	__builtin_va_start(arguments, request);
	long process = __builtin_va_arg(arguments, long);
	void *kind = __builtin_va_arg(arguments, void *);
	void *data = __builtin_va_arg(arguments, void *);
	__builtin_va_end(arguments);

	if (!real)
		real = (long (*)(enum __ptrace_request, long, void *, void *))dlsym(RTLD_NEXT, "ptrace");
	if (request != PTRACE_SETREGSET || (long)kind != ALL_AT_ONCE)
		return real(request, process, kind, data);

	static size_t size;
	if (!size) {
		struct iovec all = { registers, sizeof(registers) };
		if (real(PTRACE_GETREGSET, process, kind, &all))
			return -1;
		size = all.iov_len;
	}
	struct iovec *known = data;
	if (known->iov_len >= size)
		return real(request, process, kind, data);
	memset(registers, 0, size);
	memcpy(registers, known->iov_base, known->iov_len);
	struct iovec all = { registers, size };
	return real(request, process, kind, &all);
}
