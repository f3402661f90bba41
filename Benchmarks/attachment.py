"""What it costs to attach to sys_exit, and what to the function of each audited syscall.

Counted in instructions, in guests whose clock goes by them: no noise, and nothing of the machine.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor

from bench import TOP
from compare import listed

KERNELS = ["6.1", "6.12"]
STATES = {"bare": "", "sys_exit": "empty.bpf.o", "function": "trampoline.bpf.o"}
OPENS, CALLS = 3000, 20000

# Nobody's rules. Those of the second name more syscalls than nestaudit attaches to, none of them
# measured but openat.
RULE = "-a always,exit -F arch=b64 -S openat -F uid=1 -k few\n"
MANY = "".join(f" -S {number}" for number in range(120, 320) if number != 257)
OWN = {"nestaudit": RULE, "everywhere": RULE + f"-a always,exit -F arch=b64{MANY} -F uid=1 -k many\n"}

# Each state in turn: instructions for an openat and a close, and for a getppid.
INSIDE = """
set -e
cd /tmp && mkdir attached && cd attached
measure() { echo $1 $({area}/workload open {opens} /dev/null) $({area}/workload getppid {calls}); }
measure bare
for state in {states}; do
  mkfifo input.$state
  {area}/attach {area}/${state#*=} <input.$state >output.$state & exec 3>input.$state
  until grep -q ready output.$state; do kill -0 $! && sleep 0.1; done
  measure ${state%=*}
  exec 3>&-
  wait $!
done
for state in {own}; do
  {program} run --config ${state#*=} --state state.${state%%=*} --log-dir log.${state%%=*} \
    >said.${state%%=*} 2>&1 & collector=$!
  until grep -qw ready said.${state%%=*}; do kill -0 $collector && sleep 0.1; done
  measure ${state%%=*}
  kill $collector
  wait $collector
done
"""


class Attachment:
    name = "attachment"

    def __init__(self, bench):
        self.area = bench.area
        self.program = bench.program
        self.own = {state: bench.configuration(rules) for state, rules in OWN.items()}
        bench.build(bench.clang, "-O2", "-g", "-target", "bpf", '-DSYSCALL="openat"', "-c",
                    TOP / "Benchmarks/trampoline.bpf.c", "-o", self.area / "trampoline.bpf.o")

    def measure(self):
        """{kernel: {state: (instructions of openat and close, of getppid)}}.

        The guests run beside each other: what is counted is the same."""
        with ThreadPoolExecutor(len(KERNELS)) as guests:
            return dict(zip(KERNELS, guests.map(self.boot, KERNELS)))

    def boot(self, kernel):
        states = " ".join(f"{state}={program}" for state, program in STATES.items() if program)
        own = " ".join(f"{state}={directory}" for state, directory in self.own.items())
        script = INSIDE
        for name, value in {"area": self.area, "opens": OPENS, "calls": CALLS,
                            "states": states, "own": own,
                            "program": self.program}.items():
            script = script.replace("{" + name + "}", str(value))
        print(f"counting instructions on Linux {kernel}", flush=True)
        output = subprocess.run(
            [TOP / "scripts/vm", "--kernel", kernel, "--count", "--timeout", "3000", "sh", "-c", script],
            check=True, capture_output=True, text=True).stdout
        lines = [line.split() for line in output.splitlines()]
        return {state: (float(opened), float(other)) for state, opened, other in lines}

    @staticmethod
    def page(kernels, worsened):
        lines = ["| instructions added by | " + " | ".join(
            f"Linux {kernel}" for kernel in kernels) + " |",
            "|---|" + "---:|" * len(kernels)]
        for state, place in [
                ("sys_exit", "an empty program on `sys_exit`"),
                ("function", "an empty program on the function of openat (fexit)"),
                ("everywhere", "nestaudit on `sys_exit`, rules that are not met for openat"),
                ("nestaudit", "nestaudit on the functions of what its rules name")]:
            for index, call in [(1, "another syscall, getppid"), (0, "openat and close")]:
                cells = [f"+{v[state][index] - v['bare'][index]:.0f} on "
                         f"{v['bare'][index]:.0f}" for v in kernels.values()]
                lines.append(f"| {place}: {call} | " + " | ".join(cells) + " |")
        return lines + ["", *listed(worsened)]
