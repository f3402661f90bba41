"""What the kernel keeps for a thousand daemons of three hundred rules each, all different."""

import contextlib
import pathlib
import subprocess
import time

import rulesets
from compare import listed
from held import Refused
from process import resident

DAEMONS, RULES = 1000, 300
GOAL = 64  # MiB beside the ring
RING = "ringbuf"


class Memory:
    name = "memory"

    def __init__(self, bench):
        self.bench = bench
        self.daemons = 20 if bench.quick else DAEMONS

    def maps(self):
        """{id: (type, bytes, name)} of every BPF map of the machine."""
        text = subprocess.run([self.bench.area / "maps"], check=True, capture_output=True,
                              text=True).stdout
        lines = (line.split(" ", 3) for line in text.splitlines())
        return {int(i): (kind, int(size), name) for i, kind, size, name in lines}

    def measure(self):
        """Bytes of the maps and of the ring, seconds until ready, the collector's RSS; or why it
        was refused."""
        print(f"writing {self.daemons} daemons of {RULES} rules", flush=True)
        configuration = self.bench.configuration(
            rulesets.unrelated(RULES),
            (rulesets.unrelated(RULES, first=RULES * n) for n in range(1, self.daemons)))
        before = self.maps()
        began = time.monotonic()
        print("loading them", flush=True)
        try:
            with self.bench.nestaudit(configuration, limit=180) as held:
                seconds = time.monotonic() - began
                new = {i: m for i, m in self.maps().items() if i not in before}
                own = list(new.values())
                held_maps = descriptors(held.process.pid)
                return {
                    "daemons": self.daemons, "rules": RULES, "seconds": seconds,
                    "maps": len(own),
                    "bytes": sum(size for kind, size, _ in own if kind != RING),
                    "ring": sum(size for kind, size, _ in own if kind == RING),
                    "held": sum(m[1] for i, m in new.items() if i in held_maps and m[0] != RING),
                    "rss": resident(held.process.pid),
                    "largest": sorted(((size, name) for kind, size, name in own if kind != RING),
                                      reverse=True)[:5],
                }
        except Refused as refusal:
            return {"daemons": self.daemons, "rules": RULES, "refused": str(refusal),
                    "seconds": time.monotonic() - began}

    @staticmethod
    def page(result, worsened):
        what = f"{result['daemons']:,} daemons of {result['rules']} rules, all different"
        if "refused" in result:
            return [f"- {what}: refused after {result['seconds']:.1f} s: {result['refused']}"]
        size = result["bytes"] / 2**20
        goal = f"goal {GOAL} MiB, {'met' if size <= GOAL else 'missed'}"
        if result["daemons"] < DAEMONS:
            goal = "a small run"
        return [
            f"- {what}: {size:.1f} MiB in {result['maps']} BPF maps, beside a ring of "
            f"{result['ring'] / 2**20:.1f} MiB; {goal}.",
            f"- The collector has a descriptor of {result['held'] / 2**20:.1f} MiB of them; the "
            "rest are maps within maps, or BPF's own.",
            f"- They are read and loaded in {result['seconds']:.1f} s; the collector then has "
            f"{result['rss'] / 2**20:.0f} MiB of memory.",
            *listed(worsened),
        ]


def descriptors(pid):
    """The ids of the maps that a process has open."""
    ids = set()
    for file in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        with contextlib.suppress(OSError):
            ids.update(int(line.split()[1]) for line in file.read_text().splitlines()
                       if line.startswith("map_id:"))
    return ids
