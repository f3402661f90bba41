"""Rules as they are written for real machines, as many as are wanted, each another one.

None of them matches the workload: they differ from it in their users, arguments, results and paths.
"""

# What the rules that auditd ships name, and getppid never.
SYSCALLS = [
    "open,openat,creat,truncate,ftruncate", "chmod,fchmod,fchmodat", "mount,umount2",
    "chown,fchown,lchown,fchownat", "unlink,unlinkat,rename,renameat", "execve,execveat",
    "setxattr,lsetxattr,fsetxattr", "removexattr,lremovexattr,fremovexattr",
    "init_module,finit_module,delete_module", "adjtimex,settimeofday,clock_settime",
    "sethostname,setdomainname", "ptrace", "bind,connect,accept,accept4", "mknod,mknodat",
    "setuid,setreuid,setresuid", "setns,unshare",
]

# Numbers from 100000 on: no user, argument or result of the workload is among them.
CONDITIONS = [
    "-F a0={number}",
    "-F auid>=1000 -F auid!=unset -F uid={number}",
    "-F exit=-EACCES -F auid={number}",
    "-F path=/etc/bench-{number}",
    "-C uid!=euid -F euid={number}",
    "-F success=0 -F egid={number}",
]


def rule(number, syscalls):
    conditions = CONDITIONS[number % len(CONDITIONS)].format(number=100_000 + number)
    return f"-a always,exit -F arch=b64 -S {syscalls} {conditions} -k bench\n"


def unrelated(count, first=0):
    """Rules that do not name getppid."""
    return "".join(rule(n, SYSCALLS[n // len(CONDITIONS) % len(SYSCALLS)])
                   for n in range(first, first + count))


def named(count, first=0):
    """Rules that all name getppid."""
    return "".join(rule(n, "getppid") for n in range(first, first + count))
