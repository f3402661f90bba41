/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maps: a line for each BPF map of the machine: id, type, the bytes that the kernel charges, name.
 *
 * Also those that no process has open: the inner maps of a map of maps.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static long long memlock(int map)
{
	char path[64], line[256];
	long long bytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", map);
	file = fopen(path, "r");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file) && sscanf(line, "memlock: %lld", &bytes) != 1)
		;
	fclose(file);
	return bytes;
}

int main(void)
{
	__u32 id = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		struct bpf_map_info info = {};
		__u32 size = sizeof(info);
		int map = bpf_map_get_fd_by_id(id);

		/* One that has gone meanwhile. */
		if (map < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(map, &info, &size))
			printf("%u %s %lld %s\n", id, libbpf_bpf_map_type_str(info.type),
			       memlock(map), info.name);
		close(map);
	}
	if (errno != ENOENT) {
		fprintf(stderr, "maps: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}
