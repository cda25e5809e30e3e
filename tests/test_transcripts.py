"""Every transcript is played, on both databases, through the real turn. What people hear is what stands in the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.house import Hall, play

HERE = Path(__file__).parent / "transcripts"


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("*.chat")))
async def test_it_happens_as_written(name: str, database_url: str) -> None:
    path = HERE / f"{name}.chat"
    script = path.read_text("utf-8")
    hall = await Hall.open(database_url)
    try:
        played = await play(hall, script)
    finally:
        await hall.close()
    if os.environ.get("MULIN_WRITE"):
        path.write_text("\n".join(played) + "\n", "utf-8")
    assert played == script.rstrip("\n").split("\n")
