"""docs/benchmarks.md between its markers, and docs/benchmarks.json."""

import json
import os
import platform
import sys

from bench import TOP

PAGE = TOP / "docs/benchmarks.md"
SAMPLES = TOP / "docs/benchmarks.json"


def ratio(a, b):
    """How many times b is a; "?" where noise has left nothing to compare with."""
    return f"{a / b:.2f}" if b > 0 else "?"


def machine():
    return f"Linux {platform.release()}, {os.cpu_count()} CPUs{cpu_model()}."


def cpu_model():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return f" ({line.split(':')[1].strip()})"
    return ""


def write_page(section, text):
    begin, end = f"<!-- {section}:begin -->", f"<!-- {section}:end -->"
    old = PAGE.read_text()
    if begin not in old or end not in old:
        sys.exit(f"{PAGE} has no {begin} … {end}")
    head, tail = old.split(begin)[0], old.split(end)[1]
    PAGE.write_text(f"{head}{begin}\n{text}{end}{tail}")


def write_samples(values):
    """Replaces what the file has of the tables that were measured, and says of which machine they are."""
    samples = json.loads(SAMPLES.read_text()) if SAMPLES.exists() else {}
    machines = samples.get("machines", {}) | {table: machine() for table in values}
    SAMPLES.write_text(json.dumps(samples | values | {"machines": machines}, indent=1) + "\n")
