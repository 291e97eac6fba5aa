/* tests/fake/dcmi.c - a stand-in for libdcmi.so with 8 cards; FAKE_DCMI says how it behaves.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN __attribute__((visibility("default")))

struct hbm {
	uint64_t size;
	uint32_t freq;
	uint64_t used;
	int32_t temperature;
	uint32_t bandwidth;
};

struct memory {
	uint64_t size, available;
};

static int is(const char *mode)
{
	const char *now = getenv("FAKE_DCMI");
	return strcmp(now ? now : "ok", mode) == 0;
}

SHOWN int dcmi_init(void);
int dcmi_init(void)
{
	return is("fail") || is("v2") ? -8005 : is("used") ? -8020 : 0;
}

SHOWN int dcmi_get_card_list(int *num, int *list, int len);
int dcmi_get_card_list(int *num, int *list, int len)
{
	*num = is("many") ? 1000000 : 8;
	for (int i = 0; i < 8 && i < len; i++)
		list[i] = i + 1;	/* ids do not begin with 0 */
	return 0;
}

SHOWN int dcmi_get_device_num_in_card(int card, int *num);
int dcmi_get_device_num_in_card(int card, int *num)
{
	(void)card;
	*num = 2;	/* a chip and a controller */
	return 0;
}

SHOWN int dcmi_get_device_type(int card, int dev, int *type);
int dcmi_get_device_type(int card, int dev, int *type)
{
	(void)card;
	*type = dev;	/* 0: NPU, 1: MCU */
	return 0;
}

SHOWN int dcmi_get_device_chip_info_v2(int card, int dev, char *info);
int dcmi_get_device_chip_info_v2(int card, int dev, char *info)
{
	(void)card;
	(void)dev;
	memcpy(info, "Ascend", 7);
	memcpy(info + 32, "910B3", 6);
	return 0;
}

SHOWN int dcmi_get_device_utilization_rate(int card, int dev, int type, unsigned *percent);
int dcmi_get_device_utilization_rate(int card, int dev, int type, unsigned *percent)
{
	(void)dev;
	if (is("gone"))
		return -8008;
	*percent = is("lie") ? 250 : type == 2 ? (unsigned)card * 10 : 7;
	return 0;
}

SHOWN int dcmi_get_device_hbm_info(int card, int dev, struct hbm *hbm);
int dcmi_get_device_hbm_info(int card, int dev, struct hbm *hbm)
{
	(void)card;
	(void)dev;
	if (is("310p"))
		return -8255;
	if (is("gone"))
		return -8008;
	*hbm = (struct hbm){65536, 1600, 3000, 50, 4};
	if (is("lie"))
		*hbm = (struct hbm){100, 1600, 5000, 100000, 1000};
	return 0;
}

SHOWN int dcmi_get_device_memory_info_v3(int card, int dev, struct memory *memory);
int dcmi_get_device_memory_info_v3(int card, int dev, struct memory *memory)
{
	(void)card;
	(void)dev;
	if (is("gone"))
		return -8008;
	memset(memory, 0, 112);		/* as large as the vendor's */
	*memory = (struct memory){21527, 20000};
	return 0;
}

SHOWN int dcmi_get_device_temperature(int card, int dev, int *celsius);
int dcmi_get_device_temperature(int card, int dev, int *celsius)
{
	(void)dev;
	if (is("gone"))
		return -8008;
	*celsius = is("lie") ? 0x7ffd + card % 3 : 40;
	return 0;
}

SHOWN int dcmi_get_device_power_info(int card, int dev, int *deciwatt);
int dcmi_get_device_power_info(int card, int dev, int *deciwatt)
{
	(void)card;
	(void)dev;
	*deciwatt = is("lie") ? -1 : 935;
	return is("310p") ? -8255 : is("gone") ? -8008 : 0;
}

SHOWN int dcmi_get_device_health(int card, int dev, unsigned *health);
int dcmi_get_device_health(int card, int dev, unsigned *health)
{
	(void)dev;
	*health = is("lie") ? 0xFFFFFFFF : card == 3 ? 2 : 0;
	return 0;
}

SHOWN int dcmi_get_device_errorcode_v2(int card, int dev, int *count, unsigned *list, unsigned len);
int dcmi_get_device_errorcode_v2(int card, int dev, int *count, unsigned *list, unsigned len)
{
	(void)dev;
	*count = is("lie") ? 1 << 30 : card == 3;
	if (len)
		list[0] = 0x8C03A000;
	for (unsigned i = 1; i < len; i++)
		list[i] = 0;
	return 0;
}

SHOWN int dcmi_get_device_resource_info(int card, int dev, void *list, int *num);
int dcmi_get_device_resource_info(int card, int dev, void *list, int *num)
{
	struct {
		int pid;
		unsigned long bytes;
	} one = {4711, 56630ul << 20};
	(void)dev;
	*num = card == 1;
	if (card == 1)
		memcpy(list, &one, sizeof(one));
	return 0;
}

SHOWN int dcmiv2_init(void);
int dcmiv2_init(void)
{
	return is("v2") ? 0 : -8005;
}

SHOWN int dcmiv2_get_device_list(int *list, int *num, int len);
int dcmiv2_get_device_list(int *list, int *num, int len)
{
	*num = 2;
	for (int i = 0; i < 2 && i < len; i++)
		list[i] = i;
	return 0;
}

SHOWN int dcmiv2_get_device_utilization_rate(int dev, int type, unsigned *percent);
int dcmiv2_get_device_utilization_rate(int dev, int type, unsigned *percent)
{
	*percent = type == 2 ? (unsigned)dev + 60 : 1;
	return 0;
}
