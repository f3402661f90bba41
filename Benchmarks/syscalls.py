"""What a syscall costs: unaudited, and audited with every event written."""

import statistics

from compare import marked
from page import ratio

UNRELATED = "-a always,exit -F arch=b64 -S acct -k unrelated\n"
OPENS = "-a always,exit -F arch=b64 -S openat -F uid={user} -k opens\n"

STATES = ["bare", "empty", "nestaudit", "nestaudit default", "kernel audit", "nestaudit opens",
          "kernel audit opens"]

ROWS = [  # state, measurement, what the table calls it
    ("bare", "getppid", "an unaudited syscall (getppid), bare"),
    ("empty", "getppid", "… with an empty BPF program on `sys_exit`"),
    ("nestaudit", "getppid", "… with nestaudit, one unrelated rule"),
    ("nestaudit default", "getppid", "… with nestaudit, its default rules"),
    ("kernel audit", "getppid", "… with the kernel's audit and auditd, one unrelated rule"),
    ("bare", "open", "openat and close, bare"),
    ("nestaudit opens", "open", "… with nestaudit, every openat written"),
    ("kernel audit opens", "open", "… with the kernel's audit and auditd, every openat written"),
]


class Syscalls:
    name = "syscalls"

    def __init__(self, bench, user):
        self.bench = bench
        self.opens_rule = OPENS.format(user=user)
        self.calls = 200_000 if bench.quick else 3_000_000
        self.opens = 2_000 if bench.quick else 50_000
        self.samples = 1 if bench.quick else 3
        self.states = STATES

    def getppid(self):
        return [self.bench.run("getppid", self.calls) for _ in range(self.samples)]

    def open(self):
        return [self.bench.run("open", self.opens, self.bench.file) for _ in range(self.samples)]

    def visit(self, state):
        """One visit: {measurement: samples}."""
        if state.startswith("kernel audit"):
            is_opens = state.endswith("opens")
            with self.bench.kernel_audit(self.opens_rule if is_opens else UNRELATED) as held:
                result = {"open": self.open()} if is_opens else {"getppid": self.getppid()}
            return result | {"lost": [int(held.left.split("lost ")[1])]}
        with self.bench.without_audit():
            if state == "bare":
                return {"getppid": self.getppid(), "open": self.open()}
            if state == "empty":
                with self.bench.empty_program():
                    return {"getppid": self.getppid()}
            # Room for all that is written: what would wait for the disk otherwise is dropped.
            rules = {"nestaudit": UNRELATED,
                     "nestaudit opens": "-b 1000000\n" + self.opens_rule}.get(state)
            with self.bench.nestaudit(rules and self.bench.configuration(rules)):
                if state == "nestaudit opens":
                    return {"open": self.open(), "lost": [self.bench.lost()]}
                return {"getppid": self.getppid()}

    @staticmethod
    def summarize(rounds):
        """{state: {measurement: {"ns": median, "added": median of the rounds' differences}}}."""
        result = {}
        for state, measure, _ in ROWS:
            own = [statistics.median(r[state][measure]) for r in rounds]
            bare = [statistics.median(r["bare"][measure]) for r in rounds]
            result.setdefault(state, {})[measure] = {
                "ns": statistics.median(own),
                "added": statistics.median(o - b for o, b in zip(own, bare)),
                "rounds": own,
            }
        return result

    def page(self, result, rounds, worsened):
        lines = ["| | ns | added | rounds, least to most |", "|---|---:|---:|---:|"]
        for state, measure, label in ROWS:
            cell = result[state][measure]
            added = "" if state == "bare" else f"{cell['added']:+.0f}"
            low, high = min(cell["rounds"]), max(cell["rounds"])
            label = marked(label, f"{state} {measure}", worsened)
            lines.append(f"| {label} | {cell['ns']:.0f} | {added} | {low:.0f} … {high:.0f} |")

        def times(a, b, measure):
            return ratio(result[a][measure]["added"], result[b][measure]["added"])

        lost = {s: sum(r[s]["lost"][0] for r in rounds)
                for s in ("nestaudit opens", "kernel audit opens")}
        opens = self.opens * self.samples * len(rounds)
        return lines + [
            "",
            f"- What nestaudit adds to an unaudited syscall is "
            f"{times('nestaudit', 'empty', 'getppid')} times what an empty program adds, and "
            f"{times('nestaudit', 'kernel audit', 'getppid')} times what the kernel's audit adds.",
            f"- What nestaudit adds to an audited openat is "
            f"{times('nestaudit opens', 'kernel audit opens', 'open')} times what the kernel's "
            "audit adds.",
            f"- Lost, of {opens} opens: nestaudit {lost['nestaudit opens']} events, "
            f"the kernel's audit {lost['kernel audit opens']} records.",
            "",
            f"{len(rounds)} rounds of {self.samples} samples: {self.calls} calls of getppid, "
            f"{self.opens} of openat.",
        ]
