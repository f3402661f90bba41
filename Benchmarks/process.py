"""What /proc says of a process."""

import os
import pathlib

TICK = 1 / os.sysconf("SC_CLK_TCK")


def name_of(process):
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return ""


def cpu(pid):
    """Seconds of user and system time, of all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return TICK * (int(fields[11]) + int(fields[12]))


def running(pid):
    """The same by the scheduler's clock, which counts nanoseconds."""
    return sum(int((thread / "schedstat").read_text().split()[0])
               for thread in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def wakeups(pid):
    return sum(int(line.split()[1]) for thread in pathlib.Path(f"/proc/{pid}/task").iterdir()
               for line in (thread / "status").read_text().splitlines()
               if line.startswith("voluntary_ctxt_switches"))


def resident(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
