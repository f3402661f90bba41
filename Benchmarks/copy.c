/* SPDX-License-Identifier: Apache-2.0 */
/* copy FILE BYTES: writes so many bytes, 192 KiB at a time; prints the seconds of CPU that took. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char lines[192 << 10];

int main(int argc, char **argv)
{
	int file = argc == 3 ? open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600) : -1;
	struct rusage used;

	if (file < 0) {
		fputs("usage: copy FILE BYTES\n", stderr);
		return 2;
	}
	memset(lines, 'x', sizeof(lines));
	for (long left = atol(argv[2]); left > 0;) {
		long size = left < (long)sizeof(lines) ? left : (long)sizeof(lines);
		ssize_t written = write(file, lines, size);

		if (written <= 0) {
			perror(argv[1]);
			return 1;
		}
		left -= written;
	}
	getrusage(RUSAGE_SELF, &used);
	printf("%f\n", (double)used.ru_utime.tv_sec + (double)used.ru_stime.tv_sec +
			   1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec));
	return 0;
}
