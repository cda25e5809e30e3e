"""A `mulin` process that serves, for tests that talk to it from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent.parent
PATIENCE = 60.0  # seconds for a process to start or end; nothing waits for them to pass


class Running:
    """The process. `url` is what the demonstration printed when it was open."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        self.errors = folder / "stderr"
        environment = {**os.environ, "PYTHONPATH": str(HERE)}
        command = [sys.executable, "-m", "bot", *arguments]
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip() if arguments[0] == "demo" else ""
        assert self.url or arguments[0] != "demo", self.errors.read_text()[-2000:]

    def ends(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal; the exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """Whatever it does, it is over."""
        self.process.kill()
        self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
