/* tests/fake/nvml.c - a stand-in for libnvidia-ml.so.1 with 2 GPUs; FAKE_NVML says how.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN __attribute__((visibility("default")))

static int is(const char *mode)
{
	const char *now = getenv("FAKE_NVML");
	return strcmp(now ? now : "ok", mode) == 0;
}

SHOWN int nvmlInit_v2(void);
int nvmlInit_v2(void)
{
	return is("mismatch") ? 18 : 0;
}

SHOWN const char *nvmlErrorString(int code);
const char *nvmlErrorString(int code)
{
	return code == 18 ? "Driver/library version mismatch" : "Unknown Error";
}

SHOWN int nvmlSystemGetDriverVersion(char *out, unsigned len);
int nvmlSystemGetDriverVersion(char *out, unsigned len)
{
	(void)snprintf(out, len, "570.1");
	return 0;
}

SHOWN int nvmlDeviceGetCount_v2(unsigned *n);
int nvmlDeviceGetCount_v2(unsigned *n)
{
	*n = is("none") ? 0 : 2;
	return 0;
}

SHOWN int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **ret);
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **ret)
{
	static int devices[2];
	*ret = &devices[i];
	return is("lost") && i == 1 ? 15 : 0;
}

SHOWN int nvmlDeviceGetName(void *d, char *out, unsigned len);
int nvmlDeviceGetName(void *d, char *out, unsigned len)
{
	(void)d;
	(void)snprintf(out, len, "NVIDIA H200");
	return 0;
}

SHOWN int nvmlDeviceGetMemoryInfo(void *d, unsigned long long *m);
int nvmlDeviceGetMemoryInfo(void *d, unsigned long long *m)
{
	(void)d;
	m[0] = 1000ull << 20;
	m[1] = 600ull << 20;
	m[2] = 400ull << 20;
	return 0;
}

SHOWN int nvmlDeviceGetUtilizationRates(void *d, unsigned *v);
int nvmlDeviceGetUtilizationRates(void *d, unsigned *v)
{
	(void)d;
	v[0] = 33;
	v[1] = 5;
	return is("old") ? 3 : 0;
}

SHOWN int nvmlDeviceGetPowerUsage(void *d, unsigned *milliwatt);
int nvmlDeviceGetPowerUsage(void *d, unsigned *milliwatt)
{
	(void)d;
	*milliwatt = 123456;
	return 0;
}
