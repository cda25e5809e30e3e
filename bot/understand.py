"""Before the transaction: what a message tells at a glance. Its findings ride in on the `Inbound`, so that steps stay pure."""

from __future__ import annotations

from dataclasses import replace

from dialogue.words import Findings, Inbound, Kind


def understood(inbound: Inbound) -> Inbound:
    """The same message with its danger and a proposal of what it is."""
    if inbound.kind is not Kind.TEXT and not inbound.text:
        return inbound
    return replace(inbound, findings=Findings())
