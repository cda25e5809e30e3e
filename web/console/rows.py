"""A line of a list at the desk: what stands in it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """A text's key with its values; or, without a key, `words` as they are."""

    key: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing: its cells, and what can be done with it as (text's key, what the button says)."""

    cells: tuple[Cell, ...]
    acts: tuple[tuple[str, str], ...] = ()
