"""Programs that hold the machine in some state, and the machine as it was before."""

import contextlib
import signal
import subprocess
import sys
import threading


class Refused(Exception):
    """A program that did not become ready, with what it said."""


class Held:
    """A program that holds a state while it runs: it says "ready", and leaving ends it."""

    def __init__(self, *command, end=None, limit=60, log=None):
        """`end` is the signal that ends it, else the end of its input; `log` a file for its
        complaints, of which a refusal is the last line."""
        self.command, self.end = [str(c) for c in command], end
        self.limit, self.log = limit, log

    def __enter__(self):
        errors = open(self.log, "w+") if self.log else subprocess.STDOUT
        # A session of its own: Ctrl-C is for the bench, which ends what it started in order.
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            text=True, start_new_session=True)
        # A script that has something to put back is not killed.
        watchdog = threading.Timer(
            self.limit, self.process.kill if self.end else self.process.terminate)
        watchdog.start()
        try:
            said = []
            for line in self.process.stdout:
                if "ready" in line:
                    return self
                said.append(line)
            status = self.process.wait()
            if self.log:
                said = open(self.log).readlines()[-1:]
            if self.end and status == -signal.SIGKILL:
                said.append(f"not ready within {self.limit} s")
            raise Refused(" ".join("".join(said).split()) or f"exit status {status}")
        except SystemExit:
            self.stop()
            raise
        finally:
            watchdog.cancel()

    def stop(self):
        if self.end:
            self.process.send_signal(self.end)
        self.process.stdin.close()
        self.left = self.process.stdout.read()
        return self.process.wait()

    def __exit__(self, *_):
        try:
            status = self.stop()
        except SystemExit:
            self.stop()
            raise
        if status:
            raise Refused(f"{self.command[0]}: exit status {status}: {self.left.strip()}")


def audit_status():
    """What auditctl -s says, by its names."""
    text = subprocess.run(["auditctl", "-s"], check=True, capture_output=True, text=True).stdout
    return dict(line.split(" ", 1) for line in text.splitlines())


def audit_rules():
    text = subprocess.run(["auditctl", "-l"], check=True, capture_output=True, text=True).stdout
    return [] if text == "No rules\n" else text.splitlines()


@contextlib.contextmanager
def machine_as_it_was():
    """Refuses where the kernel's audit is in use; leaves it off and without rules, also on an
    error or a signal."""
    before = audit_status()
    if before["enabled"] != "0" or before["pid"] != "0" or audit_rules():
        sys.exit("THE KERNEL'S AUDIT IS IN USE (see auditctl -s, -l); it is left alone")

    def stop(number, _):
        for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(other, signal.SIG_IGN)
        print(f"stopped by {signal.Signals(number).name}: cleaning up", flush=True)
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        yield
    finally:
        after = audit_status()
        if after["enabled"] != "0" or after["backlog_limit"] != before["backlog_limit"] \
                or audit_rules():
            print("the kernel's audit was left on or with rules: restoring it", flush=True)
            for option in (["-D"], ["-e", "0"], ["-b", before["backlog_limit"]]):
                subprocess.run(["auditctl", *option], stdout=subprocess.DEVNULL, check=False)
