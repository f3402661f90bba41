"""What a syscall costs with more rules, and with more daemons.

Each state is measured with getppid in no rule, and with getppid in every rule while none matches.
"""

import statistics

import rulesets
from compare import marked
from held import Refused
from page import ratio

RULES = [0, 1, 10, 100, 300]
DAEMONS = [1, 10, 100, 1000]
RULES_OF_A_DAEMON = 3
SECONDS = 0.2  # of a sample: a syscall that takes longer is called less often

KINDS = {"unaudited": rulesets.unrelated, "audited": rulesets.named}


class Growth:
    name = "rules"

    def __init__(self, bench):
        self.bench = bench
        self.samples = 1 if bench.quick else 3
        # What all others are compared with is measured oftener, spread over the round.
        self.states = ["bare", "empty"] * 3
        for kind in KINDS:
            # No rule at all is the same in both.
            self.states += [f"{who}, {count} rules, {kind}" for count in RULES
                            for who in ("nestaudit", "kernel") if count or kind == "unaudited"]
            self.states += [f"nestaudit, {count} daemons, {kind}" for count in DAEMONS]
        self.configurations = {}

    def getppid(self):
        once = self.bench.run("getppid", 20_000)
        count = int(min(SECONDS * 1e9 / once, 1_000_000)) // (10 if self.bench.quick else 1)
        return [self.bench.run("getppid", count) for _ in range(self.samples)]

    def visit(self, state):
        """One visit: {"getppid": samples}, or {"refused": message}."""
        who, *what = state.split(", ")
        if who == "kernel":
            with self.bench.kernel_audit(self.rules(*what)):
                return {"getppid": self.getppid()}
        with self.bench.without_audit():
            if state == "bare":
                return {"getppid": self.getppid()}
            if state == "empty":
                with self.bench.empty_program():
                    return {"getppid": self.getppid()}
            try:
                with self.bench.nestaudit(self.configuration(*what), limit=120):
                    return {"getppid": self.getppid()}
            except Refused as refusal:
                return {"refused": str(refusal)}

    @staticmethod
    def rules(count, kind):
        return KINDS[kind](int(count.split()[0]))

    def configuration(self, count, kind):
        """Made once: a thousand directories take their time."""
        if (count, kind) not in self.configurations:
            number, unit = count.split()
            make = KINDS[kind]
            if unit == "rules":
                host, others = make(int(number)), []
            else:
                host = make(RULES_OF_A_DAEMON)
                others = [make(RULES_OF_A_DAEMON, first=RULES_OF_A_DAEMON * (n + 1))
                          for n in range(int(number))]
            self.configurations[count, kind] = self.bench.configuration(host, others)
        return self.configurations[count, kind]

    @staticmethod
    def summarize(rounds):
        """{state: {"ns": median, "added": median of the rounds' differences, "rounds"}}, or
        {state: {"refused": message}}."""
        bare = [statistics.median(r["bare"]["getppid"]) for r in rounds]
        result = {}
        for state in rounds[0]:
            refused = [r[state]["refused"] for r in rounds if "refused" in r[state]]
            if refused:
                result[state] = {"refused": refused[0]}
                continue
            own = [statistics.median(r[state]["getppid"]) for r in rounds]
            result[state] = {
                "ns": statistics.median(own),
                "added": statistics.median(o - b for o, b in zip(own, bare)),
                "rounds": own,
            }
        return result

    # The page.

    def page(self, result, rounds, worsened):
        lines = ["| getppid | in no rule | added | in every rule, none matches | added |",
                 "|---|---:|---:|---:|---:|"]

        def row(label, *states):
            cells = []
            for state in states:
                label = marked(label, state, worsened)
                cell = result.get(state, {})
                if "refused" in cell:
                    cells.append("refused | ")
                elif cell:
                    added = "" if state == "bare" else f"{cell['added']:+.0f}"
                    cells.append(f"{cell['ns']:.0f} | {added}")
                else:
                    cells.append(" | ")
            lines.append(f"| {label} | {' | '.join(cells)} |")

        row("bare", "bare", "")
        row("an empty BPF program on `sys_exit`", "empty", "")
        for who, label in (("nestaudit", "nestaudit"), ("kernel", "the kernel's audit and auditd")):
            for count in RULES:
                row(f"{label}, {plural(count, 'rule')}",
                    *(f"{who}, {count} rules, {kind}" for kind in KINDS))
            for count in DAEMONS if who == "nestaudit" else []:
                row(f"{label}, the host and {plural(count, 'daemon')} of {RULES_OF_A_DAEMON} rules",
                    *(f"{who}, {count} daemons, {kind}" for kind in KINDS))
        refusals = {cell["refused"] for cell in result.values() if "refused" in cell}
        lines += ["", *self.ratios(result), *(f"- Refused: {text}" for text in sorted(refusals))]
        return lines + [
            "", f"{len(rounds)} rounds of {self.samples} samples of {SECONDS} s, nanoseconds."]

    @staticmethod
    def ratios(result):
        """A line for each goal: what was measured, what is wanted, and whether it is."""
        def line(text, a, b, goal):
            a, b = result[a].get("added"), result[b].get("added")
            if a is None or b is None:
                return f"- {text.format('?')}: one of the two was refused; goal {goal:.2f}."
            if b <= 0:
                return f"- {text.format('?')}: {b:+.0f} ns is noise; goal {goal:.2f}."
            met = "met" if a / b <= goal else "missed"
            return f"- {text.format(ratio(a, b))}; goal {goal:.2f}, {met}."

        def nestaudit(count, kind="unaudited"):
            return f"nestaudit, {count}, {kind}"

        lines = []
        for count in (1, 300):
            state = nestaudit(f"{count} rules")
            lines += [
                line(f"With {plural(count, 'rule')} nestaudit adds to a syscall in no rule {{}} "
                     "times what an empty program adds", state, "empty", 1.15),
                line("… {} times what the kernel's audit adds with the same", state,
                     f"kernel, {count} rules, unaudited", 0.35)]
        return lines + [
            line("To a syscall in no rule 300 rules add {} times what 1 adds",
                 nestaudit("300 rules"), nestaudit("1 rules"), 1.1),
            line("… 1,000 daemons {} times what 1 adds",
                 nestaudit("1000 daemons"), nestaudit("1 daemons"), 1.1),
            line("To a syscall in every rule 1,000 daemons add {} times what 1 adds",
                 nestaudit("1000 daemons", "audited"), nestaudit("1 daemons", "audited"), 1.1),
            line("… 100 rules of which none matches {} times what the same add in the kernel's "
                 "audit", nestaudit("100 rules", "audited"), "kernel, 100 rules, audited", 0.15)]


def plural(count, word):
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
