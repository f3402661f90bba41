"""The tables as pictures: docs/benchmarks-*.svg."""

import json

import matplotlib

from page import PAGE, SAMPLES

matplotlib.use("svg")
# The same numbers give the same bytes.
matplotlib.rcParams.update({"svg.hashsalt": "nestaudit", "svg.fonttype": "none", "font.size": 9,
                            "axes.spines.top": False, "axes.spines.right": False})
from matplotlib import pyplot  # noqa: E402  only now: the back end is chosen

OURS, THEIRS, BARE = "#1f6f8b", "#c4622d", "#9a9a9a"
RULES = [1, 10, 100, 300]


def draw():
    """Draws every plot of which the samples are there."""
    samples = json.loads(SAMPLES.read_text())
    if "syscalls" in samples and "pipeline" in samples:
        opens(samples["syscalls"]["result"], samples["pipeline"])
    if "rules" in samples:
        rules(samples["rules"]["result"])
    if "pipeline" in samples:
        daemons(samples["pipeline"])


def opens(syscalls, pipeline):
    """What an audited open costs its program, and what is used to write it."""
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(8, 2.2), layout="constrained")
    bars(left, "an openat and a close, as its program sees it", "µs", [
        ("not audited", syscalls["bare"]["open"]["ns"] / 1e3, BARE),
        ("nestaudit", syscalls["nestaudit opens"]["open"]["ns"] / 1e3, OURS),
        ("kernel's audit", syscalls["kernel audit opens"]["open"]["ns"] / 1e3, THEIRS)])
    bars(right, "CPU that an event takes to be written", "µs", [
        ("nestaudit", pipeline["cpu"], OURS),
        ("auditd, kauditd", pipeline["kernel cpu"], THEIRS)])
    save(figure, "opens")


def daemons(pipeline):
    """What waits, and what stays in memory."""
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(8, 2.2), layout="constrained")
    bars(left, "opens that are written in a second", "thousands", [
        ("nestaudit", pipeline["flood"] / 1e3, OURS),
        ("kernel's audit", pipeline["kernel"] / 1e3, THEIRS)])
    bars(right, "memory of the collector", "MiB", [
        (f"{count} daemon{'' if count == '1' else 's'}", pipeline[f"rss {count.replace(',', '')}"],
         OURS) for count in ("1", "100", "1,000")])
    save(figure, "daemons")


def rules(result):
    """What a syscall costs with more rules."""
    figure, axes = pyplot.subplots(figsize=(8, 3), layout="constrained")
    for who, color in (("nestaudit", OURS), ("kernel", THEIRS)):
        for kind, style, label in (("unaudited", "--", "in no rule"),
                                   ("audited", "-", "in every rule, none matches")):
            points = [(count, result[f"{who}, {count} rules, {kind}"]["ns"]) for count in RULES
                      if "ns" in result.get(f"{who}, {count} rules, {kind}", {})]
            name = "nestaudit" if who == "nestaudit" else "kernel's audit"
            axes.plot(*zip(*points), style, marker="o", markersize=3, color=color,
                      label=f"{name}, {label}")
    axes.axhline(result["bare"]["ns"], color=BARE, linewidth=1, label="not audited")
    axes.set(xscale="log", yscale="log", xlabel="rules", ylabel="ns", title="getppid")
    axes.set_xticks(RULES, [str(count) for count in RULES])
    axes.legend(frameon=False)
    save(figure, "rules")


def bars(axes, title, unit, values):
    """Horizontal bars with their numbers, the first one on top."""
    labels, numbers, colors = zip(*values)
    drawn = axes.barh(labels, numbers, color=colors)
    axes.bar_label(drawn, fmt="%.3g", padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_title(title, loc="left")
    axes.set_xlabel(unit)


def save(figure, name):
    figure.savefig(PAGE.with_name(f"benchmarks-{name}.svg"), metadata={"Date": None})
    pyplot.close(figure)
