"""From the syscall to the log: how many, at which cost, how soon, and what it takes to wait.

Every number is one of this machine; what it is held against was measured in the same run.
"""

import concurrent.futures
import os
import pathlib
import statistics
import subprocess
import sys
import time

from bench import INNER, OPENS, TOP, USER
from compare import marked
from fairness import Fairness
from following import STAMP, Reader
from process import cpu, name_of, resident, running, wakeups
from replaying import replay

RATE = 205_000  # opens a second that nothing may be lost of
COPIED = 4 << 30  # bytes that the loop in C writes at most: its speed has settled long before
SLOW = 10_000   # opens a second at which it counts how soon they are told


# name in the samples, what the table calls it, unit, goal: at most, or at least if it is negative
ROWS = [
    ("sustained", f"opens written a second, of {RATE:,} a second for {{seconds}} s", "/s", -200_000),
    ("sustained lost", "… of which are lost", "", 0),
    ("flood", "opens written a second, of as many as a program can make", "/s", None),
    ("flood lost", "… of which are lost, of 100", "", None),
    ("cpu", "collector's CPU for an event, user and system", "µs", 2.4),
    ("kernel cpu", "… auditd's and the kernel's thread's", "µs", None),
    ("cheaper", "… how many times less", "×", -20),
    ("mallocs", "requests for memory that an event takes", "", 0.001),
    ("same view", "one more daemon of the same view, of the first one's CPU", "%", 15),
    ("other view", "one more daemon of another view", "%", 35),
    ("bytes", "bytes a second of the collector's CPU, of a C loop's that writes the same", "%", -40),
    ("latency", f"from an open to its line in tail -f, {SLOW:,} a second, 99 of 100", "ms", 20),
    ("neighbours lost", "events lost by 99 containers of 100 opens a second, beside one that floods", "", 0),
    ("neighbours", "… from an open to its line in the log, 99 of 100", "ms", 50),
    ("replay", "events that a second of CPU replays, from a recording to the log", "/s", None),
    ("idle cpu", "CPU when nothing happens", "%", 0.1),
    ("idle wakeups", "… how often it wakes up", "/s", 2),
    ("rss 1", "memory with 1 daemon", "MiB", 20),
    ("rss 100", "… with 100", "MiB", 40),
    ("rss 1000", "… with 1,000", "MiB", 200),
    ("start", "from its start to the first event that is in the log", "s", 1),
    ("reload", "reading its configuration again", "ms", 50),
]


class Pipeline:
    name = "pipeline"

    def __init__(self, bench):
        self.bench = bench
        self.seconds = 3 if bench.quick else 60
        self.short = 2 if bench.quick else 10
        self.rounds = 1 if bench.quick else 3
        bench.build(bench.clang, "-O2", "-o", bench.area / "copy", TOP / "Benchmarks/copy.c")
        bench.build(bench.clang, "-O2", "-shared", "-fPIC", "-o", bench.area / "mallocs.so",
                    TOP / "Benchmarks/mallocs.c")
        bench.build(bench.clang, "-O2", "-static", "-o", bench.area / "workload-static",
                    *(TOP / "Tests/Workload").glob("*.c"))

    def measure(self):
        result = {"seconds": self.seconds}
        for step in (self.sustained, self.flood, self.kernel, self.mallocs, self.daemons, self.views,
                     self.latency, self.fairness, self.replay, self.idle, self.resident, self.start, self.reload):
            began = time.monotonic()
            new = step()
            result |= new
            said = ", ".join(f"{k} {v:.3g}" for k, v in new.items() if isinstance(v, float))
            print(f"pipeline, {step.__name__} ({time.monotonic() - began:.0f} s): {said}",
                  flush=True)
        result["cheaper"] = result["kernel cpu"] / result["cpu"]
        return result

    # The states.

    def collector(self, daemons, environment=None):
        """The collector with {name: (scope, rules)}."""
        directory = self.bench.directory("config")
        (directory / "nestaudit.conf").write_text("")
        for name, (scope, rules) in daemons.items():
            self.bench.daemon(directory / "daemons" / name, scope, rules)
        return self.bench.nestaudit(directory, limit=120, environment=environment)

    def host(self, *others):
        rules = OPENS.format(user=USER)
        names = ["host", *others]
        return self.collector({name: ("host = yes\n", rules) for name in names})

    def log(self, name="host"):
        return self.bench.state.parent / "log" / name / "audit.log"

    def pace(self, seconds, rate):
        """Opens that were made, by a program of its own user on the last CPU."""
        return int(self.bench.run("pace", seconds, rate, self.bench.file))

    def paces(self, seconds, rate):
        """Opens that were made by a program on each CPU."""
        cpus = sorted(os.sched_getaffinity(0))
        with concurrent.futures.ThreadPoolExecutor(len(cpus)) as pool:
            counts = pool.map(
                lambda cpu: self.bench.run("pace", seconds, rate // len(cpus), self.bench.file, cpu=cpu), cpus)
        return int(sum(counts))

    def settled(self):
        """Waits until all is written: what status says no longer changes."""
        before = None
        while (now := self.counts()) != before:
            before = now
            time.sleep(0.5)
        return before

    def counts(self):
        """(records written, events lost, by all daemons)."""
        status = self.bench.status()["daemons"]
        return sum(d["written"] for d in status), sum(d["lost"] for d in status)

    def cost(self, held):
        """CPU seconds for an event of a moderate pace."""
        self.settled()
        before = cpu(held.process.pid)
        count = self.pace(self.short, RATE // 4)
        self.settled()
        return (cpu(held.process.pid) - before) / count

    # The measurements.

    def sustained(self):
        with self.bench.without_audit(), self.host() as held:
            began = cpu(held.process.pid)
            count = self.paces(self.seconds, RATE)
            _, lost = self.settled()
            used = cpu(held.process.pid) - began
            size = self.log().stat().st_size
        copied = min(size, COPIED)
        loop = subprocess.run(
            [self.bench.area / "copy", self.bench.area / "copied", str(copied)], check=True,
            capture_output=True, text=True)
        (self.bench.area / "copied").unlink()
        return {"sustained": (count - lost) / self.seconds, "sustained lost": float(lost),
                "cpu": 1e6 * used / (count - lost), "event bytes": size / (count - lost),
                "bytes": 100 * float(loop.stdout) / copied * size / used}

    def flood(self):
        with self.bench.without_audit(), self.host() as held:
            count = self.pace(self.short, 0)
            _, lost = self.settled()
        return {"flood": (count - lost) / self.short, "flood lost": 100 * lost / count}

    def kernel(self):
        """auditd and kauditd, which write what the audited program has waited for."""
        with self.bench.kernel_audit(OPENS.format(user=USER).splitlines()[1] + "\n"):
            threads = [pid for pid in pathlib.Path("/proc").iterdir() if pid.name.isdigit()
                       and name_of(pid) in ("auditd", "kauditd")]
            before = sum(cpu(t.name) for t in threads)
            count = self.pace(self.short, 0)
            time.sleep(2)
            used = sum(cpu(t.name) for t in threads) - before
        return {"kernel cpu": 1e6 * used / count, "kernel": count / self.short}

    def mallocs(self):
        """Of events alone: what the collector asks for when nothing happens is taken off."""
        counted = self.bench.area / "counted"
        counted.write_bytes(bytes(8))
        environment = {"LD_PRELOAD": str(self.bench.area / "mallocs.so"), "MALLOCS": str(counted)}

        def asked():
            return int.from_bytes(counted.read_bytes(), sys.byteorder)

        rules = OPENS.format(user=USER)
        with self.bench.without_audit(), self.collector({"host": ("host = yes\n", rules)}, environment):
            self.pace(1, RATE // 4)
            self.settled()
            began = asked()
            time.sleep(self.short)
            idle, began = asked() - began, asked()
            count = self.pace(self.short, RATE // 4)
            used = asked() - began
        return {"mallocs": max(0, used - idle) / count}

    def daemons(self):
        with self.bench.without_audit():
            alone, both = [], []
            for _ in range(self.rounds):
                with self.host() as held:
                    alone.append(self.cost(held))
                with self.host("second") as held:
                    both.append(self.cost(held))
        return {"same view": added(alone, both)}

    def views(self):
        """What a container does is told to the host, and to the container's own daemon or not."""
        fixture = TOP / "scripts/container-fixture"
        area = self.bench.directory("containers")
        area.chmod(0o711)
        host = OPENS.format(user=INNER)
        inner = ("container = paced\n", OPENS.format(user=0))
        subprocess.run(
            [fixture, area, "bundle", "paced", str(INNER),
             f"exec /bench/workload-static pace {self.short} {RATE // 4} /bin/busybox",
             f"{self.bench.area}:/bench"], check=True, stdout=subprocess.DEVNULL)
        alone, both = [], []
        with self.bench.without_audit():
            for _ in range(self.rounds):
                for costs, more in ((alone, {}), (both, {"inner": inner})):
                    with self.collector({"host": ("host = yes\n", host)} | more) as held:
                        before = cpu(held.process.pid)
                        subprocess.run([fixture, area, "run", "crun", "paced"], check=True,
                                       stdout=subprocess.DEVNULL)
                        self.settled()
                        costs.append(cpu(held.process.pid) - before)
        subprocess.run([fixture, area, "clean"], check=True, stdout=subprocess.DEVNULL)
        return {"other view": added(alone, both)}

    def latency(self):
        with self.bench.without_audit(), self.host():
            with subprocess.Popen(["tail", "-c0", "-f", self.log()], stdout=subprocess.PIPE) as tail:
                reader = Reader(tail.stdout.fileno())
                self.pace(self.short, SLOW)
                time.sleep(0.5)
                tail.kill()
                taken = reader.finish()
        taken.sort()
        return {"latency": 1e3 * taken[len(taken) * 99 // 100],
                "latency median": 1e3 * statistics.median(taken), "latency lines": len(taken)}

    def fairness(self):
        return Fairness(self.bench, self.seconds, self.bench.quick).measure()

    def replay(self):
        return replay(self.bench, self.pace, self.short, RATE // 8)

    def idle(self):
        with self.bench.without_audit(), self.host() as held:
            self.settled()
            time.sleep(7)
            before, switches = running(held.process.pid), wakeups(held.process.pid)
            time.sleep(self.short)
            return {"idle cpu": 100 * (running(held.process.pid) - before) / self.short,
                    "idle wakeups": (wakeups(held.process.pid) - switches) / self.short}

    def resident(self):
        result = {}
        with self.bench.without_audit():
            for count in (1, 100, 20 if self.bench.quick else 1000):
                others = [OPENS.format(user=USER)] * (count - 1)
                configuration = self.bench.configuration(OPENS.format(user=USER), others)
                with self.bench.nestaudit(configuration, limit=120) as held:
                    time.sleep(3)
                    result[f"rss {max(count, 100) if count == 20 else count}"] = (
                        resident(held.process.pid) / 2**20)
        return result

    def start(self):
        """The first open that was told, of one every millisecond."""
        samples = []
        with self.bench.without_audit():
            for _ in range(self.rounds):
                command = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups",
                           self.bench.area / "workload", "pace", "15", "1000", self.bench.file]
                with subprocess.Popen(command, stdout=subprocess.DEVNULL) as paced:
                    began = time.time()
                    with self.host() as held:
                        time.sleep(0.5)
                        self.settled_file()
                        paced.kill()
                        held.stop()
                        first = STAMP.search(self.log().read_bytes())
                    samples.append(int(first[1], 16) / 1e9 - began)
        return {"start": statistics.median(samples)}

    def settled_file(self):
        while not self.log().stat().st_size:
            time.sleep(0.05)

    def reload(self):
        samples = []
        with self.bench.without_audit(), self.host():
            for _ in range(5):
                began = time.monotonic()
                subprocess.run([self.bench.program, "reload", "--state", self.bench.state],
                               check=True, stdout=subprocess.DEVNULL)
                samples.append(time.monotonic() - began)
        return {"reload": 1e3 * statistics.median(samples)}

    @staticmethod
    def page(result, worsened):
        lines = ["| | | goal | |", "|---|---:|---:|---|"]
        for key, label, unit, goal in ROWS:
            if key not in result:
                continue
            value = result[key]
            label = marked(label.format(seconds=result["seconds"]), key, worsened)
            lines.append(f"| {label} | {number(value)} {unit} "
                         f"| {target(goal, unit)} | {verdict(value, goal)} |")
        return lines + [
            "",
            f"- An event has {result['event bytes']:.0f} bytes in the log: SYSCALL, CWD, PATH, PROCTITLE.",
            f"- The kernel's audit writes {result['kernel']:,.0f} opens a second, for which their program waits.",
            f"- A recording has {result['recording bytes']:.0f} bytes for an open.",
            f"- Half of the lines are in tail -f after {result['latency median']:.1f} ms.",
        ]


def added(alone, both):
    return 100 * (statistics.median(both) / statistics.median(alone) - 1)


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2g}"


def target(goal, unit):
    if goal is None:
        return ""
    return f"{'≥' if goal < 0 else '≤'} {abs(goal):,} {unit}".strip()


def verdict(value, goal):
    if goal is None:
        return ""
    return "met" if (value >= -goal if goal < 0 else value <= goal) else "**missed**"
