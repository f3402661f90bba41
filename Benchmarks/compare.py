"""What has become worse since the results that were committed last."""

import json
import subprocess

from bench import TOP
from page import machine

WORSE = 10  # per cent, from which on a row is marked
MORE = ("flood", "replay")  # rows without a goal of which more is better


def committed():
    """The samples of the last commit, by table, but for those of another machine."""
    shown = subprocess.run(["git", "-C", TOP, "show", "HEAD:docs/benchmarks.json"],
                           capture_output=True, text=True, check=False)
    samples = json.loads(shown.stdout) if shown.returncode == 0 else {}
    machines, now = samples.pop("machines", {}), processors(machine())
    for table in list(samples):
        was = processors(machines.get(table, ""))
        if was != now:
            print(f"{table}: the committed results are of another machine ({was}; this is {now}), "
                  "and are not compared")
            del samples[table]
    return samples


def processors(text):
    """What machine() says, without the kernel, of which there is a new one every week."""
    return text.partition(", ")[2].rstrip(".")


def costs(table, samples):
    """{row: (value, whether less is better)} of one table."""
    if table == "pipeline":
        from pipeline import ROWS
        return {key: (samples[key], key not in MORE and (goal is None or goal >= 0))
                for key, _, _, goal in ROWS if key in samples}
    if table == "syscalls":
        return {f"{state} {measure}": (cell["ns"], True)
                for state, measures in samples["result"].items()
                for measure, cell in measures.items() if is_ours(state)}
    if table == "rules":
        return {state: (cell["ns"], True) for state, cell in samples["result"].items()
                if is_ours(state) and "ns" in cell}
    if table == "memory":
        return {key: (samples[key], True) for key in ("bytes", "rss", "seconds") if key in samples}
    return {f"{kernel} {state}": (sum(counts), True) for kernel, states in samples.items()
            for state, counts in states.items() if is_ours(state)}


def is_ours(state):
    """Not the bare machine, nor what nestaudit is held against."""
    return state.startswith("nestaudit") or state == "everywhere"


def worse(table, old, new):
    """{row: by how many per cent it is worse}, of those that are by more than WORSE."""
    if not old:
        return {}
    before, found = costs(table, old), {}
    for row, (value, less_is_better) in costs(table, new).items():
        if row not in before:
            continue
        was = before[row][0]
        if was == 0:
            # Of nothing there is no per cent: an event that is lost now is worse at once.
            percent = 100.0 if less_is_better and value > 0 else 0.0
        else:
            percent = 100 * (value / was - 1) * (1 if less_is_better else -1)
        if percent > WORSE:
            found[row] = percent
    return found


def marked(label, row, worsened):
    """A row's label, with a mark if it is worse than before."""
    return f"{label} **(worse: {worsened[row]:+.0f} %)**" if row in worsened else label


def listed(worsened):
    """Likewise, for a table whose rows are sentences."""
    return [f"- Worse than before: {row} ({percent:+.0f} %)." for row, percent in worsened.items()]
