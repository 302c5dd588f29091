"""`semid serve` as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess


class RunningServer:
    """A running `semid serve`, at `url`."""

    def __init__(self, command: str, *arguments: object, port: int = 0) -> None:
        self.process = subprocess.Popen(
            [command, "serve", *map(str, arguments), "--port", str(port)], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"https?://\S+?(?=/?\s*$)", line)
        if found is None:
            self.close()
            raise AssertionError(f"{line!r}: {self.log}")
        self.url = found.group()

    def close(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        try:
            _, self.log = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, self.log = self.process.communicate()
            raise
