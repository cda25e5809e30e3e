"""The desk, for whoever holds an office: coming in, the officers' words as forms, and what there is as tables."""

from __future__ import annotations

from collections.abc import Sequence

from web.console import desk, entry
from web.pages import Handler, Site


def routes(site: Site) -> Sequence[tuple[str, str, Handler]]:
    """Everything below /console."""
    return [*entry.routes(site), *desk.routes(site)]
