"""`make bench`: everything that is measured, each beside a bare counterpart. ONLY=name runs one, FULL=1 for longer."""

from __future__ import annotations

import os

from bench import callbacks, turns

ALL = {"callbacks": callbacks.run, "turns": turns.run}


def main() -> None:
    only, full = os.environ.get("ONLY", ""), bool(os.environ.get("FULL"))
    for name, run in ALL.items():
        if only in ("", name):
            print(f"== {name}" + ("" if full else " (short: 3 s a figure; FULL=1 for 10 s)"))
            run(full)


main()
