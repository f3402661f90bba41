"""The states that are measured, and how a call is timed in them."""

import json
import os
import pathlib
import signal
import subprocess

from held import Held

TOP = pathlib.Path(__file__).resolve().parent.parent
INNER = 210_000  # whom the root of a container is on the host
OPENS = "-b 1000000\n-a always,exit -F arch=b64 -S openat -F uid={user} -k opens\n"
USER = 64999  # a user that no system has: a rule that names it sees nothing but the workload

AUDITD_CONF = ("log_format = RAW\nflush = NONE\nmax_log_file = 4096\n"
               "max_log_file_action = IGNORE\n")


class Bench:
    def __init__(self, area, program, quick):
        self.area, self.program, self.quick = area, program, quick
        self.serial = 0
        area.chmod(0o711)
        self.clang = clang = os.environ.get("CLANG", "clang")
        here = TOP / "Benchmarks"
        self.build(clang, "-O2", "-o", area / "workload", *(TOP / "Tests/Workload").glob("*.c"))
        self.build(clang, "-O2", "-o", area / "attach", here / "attach.c", "-lbpf")
        self.build(clang, "-O2", "-o", area / "maps", here / "maps.c", "-lbpf")
        self.build(clang, "-O2", "-g", "-target", "bpf", "-c", here / "empty.bpf.c",
                   "-o", area / "empty.bpf.o")
        self.file = area / "file"
        self.file.write_text("measured\n")
        self.file.chmod(0o644)

    @staticmethod
    def build(*command):
        subprocess.run([str(c) for c in command], check=True)

    # The states. Once the kernel's audit was enabled, every new task enters a slower path, also
    # when it is disabled again. "-a never,task" gives tasks back what they had before: all states
    # but the kernel's audit itself are measured like that.

    def without_audit(self):
        return Held("sh", "-c", "auditctl -a never,task && echo ready && read -r _; "
                    "auditctl -d never,task")

    def empty_program(self):
        return Held(self.area / "attach", self.area / "empty.bpf.o")

    def directory(self, kind):
        self.serial += 1
        path = self.area / f"{kind}-{self.serial}"
        path.mkdir()
        return path

    def configuration(self, host, others=()):
        """A directory for --config: the host's daemon with its rules, and a daemon for each of
        `others` whose container is not there."""
        directory = self.directory("config")
        (directory / "nestaudit.conf").write_text("")
        self.daemon(directory / "daemons/host", "host = yes\n", host)
        for number, rules in enumerate(others):
            self.daemon(directory / f"daemons/bench-{number}",
                        f"container = bench-{number}\ninstance = shared\n", rules)
        return directory

    @staticmethod
    def daemon(directory, scope, rules, auditd=AUDITD_CONF):
        directory.mkdir(parents=True)
        (directory / "scope.conf").write_text(scope)
        (directory / "auditd.conf").write_text(auditd)
        (directory / "audit.rules").write_text(rules)

    def nestaudit(self, configuration=None, limit=60, environment=None):
        """The collector; without a configuration it goes by its default rules."""
        base = self.directory("run")
        self.state = base / "state"
        options = ["--config", configuration] if configuration else []
        # It ends with the bench also where that is killed.
        variables = [f"{name}={value}" for name, value in (environment or {}).items()]
        return Held("setpriv", "--pdeathsig", "TERM", "env", *variables, self.program, "run", "--state", self.state,
                    "--log-dir", base / "log", *options, end=signal.SIGTERM, limit=limit,
                    log=base / "messages")

    def kernel_audit(self, rules):
        base = self.directory("kernel")
        (base / "audit.rules").write_text(rules)
        (base / "audit.rules").chmod(0o600)
        return Held(TOP / "scripts/kernel-audit", base, base / "audit.rules")

    def status(self):
        """What the running collector says of itself."""
        status = subprocess.run([self.program, "ps", "--json", "--state", self.state],
                                check=True, capture_output=True)
        return json.loads(status.stdout)

    def lost(self):
        """Events that it has lost."""
        return sum(d["lost"] for d in self.status()["daemons"])

    # The measurements.

    def run(self, *arguments, cpu=None):
        """Nanoseconds per call, by the workload's own clock; on one CPU, the last, under its own user."""
        cpu = max(os.sched_getaffinity(0)) if cpu is None else cpu
        command = ["taskset", "-c", cpu, "setpriv", f"--reuid={USER}", f"--regid={USER}",
                   "--clear-groups", self.area / "workload", *arguments]
        output = subprocess.run([str(c) for c in command], check=True, capture_output=True)
        return float(output.stdout)
