/* SPDX-License-Identifier: GPL-2.0 */
/* Finds what programs know things of the kernel by: Sources/Capture/PlaceFinder.swift. */
#include "lib/places.h"

SEC("syscall")
int nestaudit_find_places(uint64_t *found)
{
	kernel_places.apparmor_sizes = PLACE_OF("apparmor_blob_sizes");
	kernel_places.audit_receive = PLACE_OF("audit_receive");
	kernel_places.file_put = PLACE_OF("____fput");
	kernel_places.loginuid_write = PLACE_OF("proc_loginuid_write");
	*found = kernel_places.file_put != 0;
	return 0;
}
