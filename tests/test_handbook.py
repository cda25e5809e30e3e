"""The handbook cannot rot: its dialogues are the transcripts', its words have handlers, its commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs import build

PAGES = build.pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_copied_into_a_page_is_what_stands_there_now(page: Path) -> None:
    assert build.built(page.read_text("utf-8"), page.name) == page.read_text("utf-8"), "run: make docs"


def test_every_marker_is_understood() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        assert text.count("<!-- end -->") == len(build.MARKED.findall(text)) == len(re.findall(r"<!-- (?!end)", text)), page.name


def test_a_dialogue_is_copied_as_people_read_it() -> None:
    shown = build.chat("polls_one_message.chat", "张阿姨> [去投票]", "张阿姨< 您选了")
    assert shown.split("\n") == [
        "```text",
        "张阿姨　点【去投票】",
        "　睦邻　自行车棚建在哪里？这次是实名。请选：",
        "　　　【东门】【西门】【都不同意】【弃权】【给我回电】",
        "张阿姨　1",
        "　睦邻　您选了：东门。",
        "　　　【改】【给我回电】",
        "```",
    ]


def test_a_dialogue_that_is_gone_is_missed() -> None:
    for name, first in (("polls_one_message.chat", "张阿姨> 没说过这句"), ("no_such.chat", "张阿姨> 1")):
        with pytest.raises(build.Stale):
            build.chat(name, first, "张阿姨<")


def test_every_command_a_page_tells_to_type_exists() -> None:
    """`mulin backup` is named only to say that it is not there yet."""
    from bot.__main__ import main

    there = {name for name, _ in build.every_command(main, "mulin")} | {"mulin backup"}
    groups = {name.rpartition(" ")[0] for name in there} - {"mulin"}
    unknown = set()
    for page in PAGES:
        for first, second in re.findall(r"\bmulin ([a-z]+)(?: ([a-z]+))?", page.read_text("utf-8")):
            name = f"mulin {first} {second}" if f"mulin {first}" in groups else f"mulin {first}"
            unknown |= {f"{page.name}: {name}"} - {f"{page.name}: {known}" for known in there}
    assert not unknown


def test_only_words_that_somebody_answers_stand_in_the_tables() -> None:
    import handlers

    alive = {name.split(" ")[0] for module in handlers.CONVERSATIONS for name in module.words}
    for whose in ("resident", "leader", "staff"):
        slashes = set(re.findall(r"^\|[^|]+\| /(\w+) \|", build.words(whose), re.MULTILINE))
        assert slashes <= alive | {"start", "answer", "ask_about", "cancel"}, slashes - alive
