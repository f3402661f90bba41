/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Text that would end a record, start another, or close a quotation, if it were written as it is.
 */
static const char *const texts[] = {
    "a\ntype=SYSCALL msg=audit(1.000:1): arch=c000003e syscall=59 success=yes exit=0",
    "\" key=\"forged",
    "%s%n%d%x",
    "\035AUID=\"root\"",
    "\x1b[2J\x1b[31m",
    "\x7f\x80\xff",
    "' msg='forged",
    "(null)",
    " ",
};

static void execute(const char *text)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		fail("fork: %s", strerror(errno));
	if (child == 0) {
		char *const argv[] = {(char *)text, (char *)text, NULL};
		char *const environment[] = {NULL};

		syscall(SYS_execve, "/bin/true", argv, environment);
		/* Where there is no /bin/true, the failed call is the event. */
		_exit(0);
	}
	waitpid(child, &status, 0);
}

static void connect_to(const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, text, sizeof(address.sun_path) - 1);
	syscall(SYS_connect, socket_, &address, sizeof(address));
	close(socket_);
}

void hostile(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int file;

		prctl(PR_SET_NAME, texts[i]);
		file = (int)syscall(SYS_openat, AT_FDCWD, texts[i], O_WRONLY | O_CREAT, 0600);
		if (file >= 0)
			close(file);
		syscall(SYS_unlinkat, AT_FDCWD, texts[i], 0);
		connect_to(texts[i]);
		execute(texts[i]);
	}
}
