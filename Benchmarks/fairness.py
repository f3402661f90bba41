"""What a container that floods costs its neighbours."""

import os
import subprocess
import time

from bench import INNER, OPENS, TOP
from following import Reader

NEIGHBOURS, RATE = 99, 100  # containers beside the flood, and opens a second of each
FOLLOWED = 5                # neighbours whose logs are followed: more would measure the followers
ROTATED = "log_format = RAW\nflush = NONE\nmax_log_file = 256\nnum_logs = 2\nmax_log_file_action = ROTATE\n"


class Fairness:
    def __init__(self, bench, seconds, quick):
        self.bench, self.seconds = bench, seconds
        self.count = 5 if quick else NEIGHBOURS
        self.fixture = TOP / "scripts/container-fixture"

    def measure(self):
        """Events that the neighbours lost, and how long theirs took to their logs, in seconds, sorted."""
        area = self.bench.directory("neighbours")
        area.chmod(0o711)
        names = [f"quiet-{n}" for n in range(self.count)]
        flood = f"/bench/workload-static pace {self.seconds} 0 /bin/busybox"
        # They begin before it, and end after it.
        longer = self.seconds + 60
        self.bundle(area, "loud", " & ".join(["sleep 5", *[flood] * os.cpu_count()]) + "; wait")
        for name in names:
            self.bundle(area, name, f"exec /bench/workload-static pace {longer} {RATE} /bin/busybox")
        configuration, rules = self.bench.directory("config"), OPENS.format(user=0)
        (configuration / "nestaudit.conf").write_text("")
        self.bench.daemon(configuration / "daemons/loud", "container = loud\n", rules, ROTATED)
        self.bench.daemon(configuration / "daemons/quiet", "container = quiet-*\n", rules)
        try:
            with self.bench.without_audit(), self.bench.nestaudit(configuration, limit=120):
                return self.flooded(area, names)
        finally:
            self.run(area, "clean")

    def flooded(self, area, names):
        for name in names:
            self.run(area, "start", "crun", name)
        logs = [self.bench.state.parent / "log/quiet" / name / "audit.log"
                for name in names[:FOLLOWED]]
        while not all(log.exists() and log.stat().st_size for log in logs):
            time.sleep(0.1)
        # The followers are not to wait for the flood's programs: what is measured is the log.
        follow = ["nice", "-n", "-15", "tail", "-qf", "-c0", *logs]
        with subprocess.Popen(follow, stdout=subprocess.PIPE) as tail:
            reader = Reader(tail.stdout.fileno(), nice=-15)
            self.run(area, "run", "crun", "loud")
            tail.kill()
            taken = sorted(reader.finish())
        # The one that floods has ended, and with it its daemon.
        lost = sum(d["lost"] for d in self.bench.status()["daemons"] if d["name"] != "loud")
        return {"neighbours lost": float(lost),
                "neighbours": 1e3 * taken[len(taken) * 99 // 100], "neighbours lines": len(taken)}

    def bundle(self, area, name, command):
        self.run(area, "bundle", name, str(INNER), command, f"{self.bench.area}:/bench")

    def run(self, area, *command):
        subprocess.run([self.fixture, area, *command], check=True, stdout=subprocess.DEVNULL)
