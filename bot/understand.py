"""Before the transaction: what a message tells at a glance. Its findings ride in on the `Inbound`, so that steps stay pure."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import texts
from dialogue.words import Findings, Inbound, Kind
from understanding import danger, masking, sorting

SAID = (Kind.TEXT, Kind.PHOTO, Kind.VOICE, Kind.FILE)  # what people say in words, beside a picture too


def understood(inbound: Inbound) -> Inbound:
    """The same message with its danger, a proposal of what it is, and its words as neighbours may read them."""
    text = inbound.text
    if inbound.kind not in SAID or not text.strip():
        return inbound
    proposed = _sorter().sort(text)
    found = Findings(_dangers().find(text), proposed.category, proposed.kind, masking.mask(text))
    return replace(inbound, findings=found)


@cache
def _dangers() -> danger.Dangers:
    return danger.build({language: texts.table(language, "danger") for language in texts.LANGUAGES})


@cache
def _sorter() -> sorting.Sorter:
    return sorting.build({language: texts.table(language, "sorting") for language in texts.LANGUAGES})
