"""How fast a recording of opens is replayed: the collector's work without a kernel."""

import resource
import subprocess
import time

from bench import OPENS, USER


def replay(bench, pace, seconds, rate):
    """Events a second from a file to the logs, and the file's bytes for an event."""
    configuration = bench.configuration(OPENS.format(user=USER))
    recording = bench.area / "recording"
    with bench.without_audit(), bench.nestaudit(configuration, limit=120):
        command = [bench.program, "record", "-o", recording, "--seconds", str(seconds + 2),
                   "--state", bench.state]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as recorder:
            time.sleep(1)
            count = pace(seconds, rate)
        if recorder.returncode:
            raise SystemExit(f"record has failed: exit status {recorder.returncode}")
    logs = bench.directory("replayed")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([bench.program, "replay", recording, "--config", configuration,
                    "--log-dir", logs], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = recording.stat().st_size
    recording.unlink()
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"replay": count / used, "recording bytes": size / count}
