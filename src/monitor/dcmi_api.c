/* src/monitor/dcmi_api.c - see dcmi_api.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/dcmi_api.h"

#include "base/util.h"
#include "monitor/library.h"

const char *dcmi_error_text(int code)
{
	static const struct {
		int code;
		const char *text;
	} rows[] = {
		{-8001, "wrong parameter"},
		{-8002, "no permission: be root or a member of the group HwHiAiUser"},
		{-8003, "no memory"},
		{-8005, "inner error: device nodes, driver or group membership are missing"},
		{-8006, "timeout"},
		{-8007, "no such device id"},
		{-8008, "the device is absent"},
		{-8009, "ioctl failed"},
		{-8012, "the device is not ready"},
		{-8013, "not supported in a container"},
		{-8015, "reset failed"},
		{-8016, "aborted"},
		{-8017, "the device is being upgraded"},
		{-8020, "the device is held by another container"},
		{-8255, "not supported by this product"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].code == code)
			return rows[i].text;
	return "";
}

static void find_all(void *library, struct dcmi *d)
{
	const struct {
		const char *name;
		void *to;
	} rows[] = {
		{"dcmi_get_card_list", &d->card_list},
		{"dcmi_get_device_num_in_card", &d->device_num},
		{"dcmi_get_device_type", &d->device_type},
		{"dcmi_get_device_chip_info_v2", &d->chip_info},
		{"dcmi_get_device_utilization_rate", &d->utilization},
		{"dcmi_get_device_hbm_info", &d->hbm},
		{"dcmi_get_device_memory_info_v3", &d->memory},
		{"dcmi_get_device_temperature", &d->temperature},
		{"dcmi_get_device_power_info", &d->power},
		{"dcmi_get_device_health", &d->health},
		{"dcmi_get_device_errorcode_v2", &d->error_codes},
		{"dcmi_get_device_aicore_info", &d->aicore},
		{"dcmi_get_device_ecc_info", &d->ecc},
		{"dcmi_get_device_resource_info", &d->processes},
		{"dcmi_get_device_logic_id", &d->logic_id},
		{"dcmiv2_get_device_list", &d->list2},
		{"dcmiv2_get_device_utilization_rate", &d->utilization2},
		{"dcmiv2_get_device_hbm_info", &d->hbm2},
		{"dcmiv2_get_device_temperature", &d->temperature2},
		{"dcmiv2_get_device_power_info", &d->power2},
		{"dcmiv2_get_device_health", &d->health2},
		{"dcmiv2_get_device_chip_info", &d->chip_info2},
		{"dcmiv2_get_device_aicore_info", &d->aicore2},
		{"dcmiv2_get_device_ecc_info", &d->ecc2},
		{"dcmiv2_get_device_proc_mem_info", &d->processes2},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		(void)library_find(library, rows[i].name, rows[i].to);
	if (!d->card_list)
		(void)library_find(library, "dcmi_get_card_num_list", &d->card_list);
	if (!d->chip_info)
		(void)library_find(library, "dcmi_get_device_chip_info", &d->chip_info);
}

int dcmi_load(struct dcmi *ret, struct err *e)
{
	static const char *const names[] = {
		"libdcmi.so", "/usr/local/dcmi/libdcmi.so",
		"/usr/local/Ascend/driver/lib64/driver/libdcmi.so", "/usr/lib64/libdcmi.so", NULL,
	};
	void *library = library_open("ASSAY_LIBDCMI", names, "libdcmi.so", e);
	if (!library)
		return -1;
	struct dcmi d = {0};
	find_all(library, &d);
	int code = 0;
	if (d.card_list && d.device_num && library_find(library, "dcmi_init", &d.init)) {
		int list[64];
		int n = 0;
		code = d.init();
		if (code == 0)
			code = d.card_list(&n, list, (int)ARRAY_LEN(list));
		if (code == 0) {
			*ret = d;
			return 0;
		}
	}
	int (*init2)(void);
	if (d.list2 && library_find(library, "dcmiv2_init", &init2)) {
		int code2 = init2();
		if (code2 == 0) {
			d.v2 = true;
			*ret = d;
			return 0;
		}
		code = code ? code : code2;
	}
	if (code == 0)
		return err_set(e, ERR_UNSUPPORTED, "libdcmi.so lacks the functions that are "
			       "needed; is it Huawei's?");
	const char *text = dcmi_error_text(code);
	return err_set(e, ERR_UNSUPPORTED, "libdcmi.so cannot reach the devices: %d%s%s; assay "
		       "doctor looks further", code, *text ? ", " : "", text);
}
