"""What a message means: the words of the contract's table are understood, and ordinary talk is never taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import texts
from dialogue.arguments import KINDS
from dialogue.grammar import Unclear, build, from_payload, parse
from dialogue.words import Command

WORDS = build({language: texts.table(language, "words") for language in texts.LANGUAGES})


def _rows(name: str, separator: str) -> list[list[str]]:
    lines = (Path(__file__).parent / name).read_text("utf-8").splitlines()
    return [line.replace("⏎", "\n").split(separator) for line in lines if line and not line.startswith("# ")]


SENTENCES = _rows("ordinary_sentences.txt", "\t")
COMMANDS = _rows("commands.txt", "|")


@pytest.mark.parametrize("row", SENTENCES, ids=[row[0] for row in SENTENCES])
def test_ordinary_talk_is_no_command(row: list[str]) -> None:
    said, word = (*row, "")[:2]
    found = parse(said, WORDS)
    assert found is None if not word else isinstance(found, Command) and found.word == word


def test_the_sentences_are_many_and_each_begins_with_a_word() -> None:
    assert len({row[0] for row in SENTENCES}) == len(SENTENCES) >= 220
    words = [_plain(w) for language in texts.LANGUAGES for entry in texts.table(language, "words").values() for w in entry.get("say", ())]
    strangers = [row[0] for row in SENTENCES if not _plain(row[0]).startswith(tuple(words))]
    assert strangers == []


def _plain(said: str) -> str:
    return said.lower()


@pytest.mark.parametrize("row", COMMANDS, ids=[row[0] for row in COMMANDS])
def test_a_word_is_understood(row: list[str]) -> None:
    said, word, kind, count, rest = (*row, *["-"] * 4)[:5]
    found = parse(said, WORDS)
    if word == "-":
        assert found is None
    elif word.startswith("?"):
        assert isinstance(found, Unclear)
        assert found.reason == word[1:]
    else:
        assert found == Command(word, kind.strip("-"), None if count == "-" else int(count), "" if rest == "-" else rest)


def test_every_word_is_understood_alone_and_as_slash() -> None:
    assert len(COMMANDS) >= 120
    for name, word in WORDS.by_name.items():
        slash = parse(f"/{word.slash[0]}", WORDS)
        assert isinstance(slash, Command)
        assert slash.word == name
    for language in texts.LANGUAGES:
        for name, entry in texts.table(language, "words").items():
            for said in entry.get("say", ()):
                found = parse(said, WORDS)
                assert isinstance(found, Command), said
                assert found.word in ({name} if name not in ("answer_objection", "answer_question") else {"reply"}), said


def test_a_rating_that_can_be_read_twice_is_asked() -> None:
    assert parse("评价125", WORDS) == Unclear("rate", (Command("rate", number=125), Command("rate", number=12, rest="5")))


def test_some_words_count_only_as_a_reply() -> None:
    for said in ("我也是", "+1", "＋１", "支持", "我家也这样"):
        assert parse(said, WORDS) is None
        assert parse(said, WORDS, reply=True) == Command("second")
    assert parse("我也是3号楼的", WORDS, reply=True) is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("@睦邻 投票 3", Command("vote", number=3)),
        ("@mulin_bot 公示3", Command("notices", number=3)),
        ("#投票 3", Command("vote", number=3)),
        ("@睦邻 #公示", Command("notices")),
        ("/vote@mulin_bot 3", Command("vote", number=3)),
        ("/vote@other_bot 3", None),
        ("/foo", None),
        ("@睦邻 投票今晚截止", None),
    ],
)
def test_in_a_group(said: str, meant: Command | None) -> None:
    assert parse(said, WORDS, in_group=True, bot="Mulin_Bot") == meant


def test_what_may_be_said_in_a_group() -> None:
    heard = {name for name in WORDS.by_name if WORDS.in_group(name)}
    assert heard == {"menu", "notices", "survey", "vote", "progress", "second", "bindgroup", "share", "remind", "newpoll", "join"}


@pytest.mark.parametrize(
    ("payload", "meant"),
    [
        ("menu", Command("menu")),
        ("vote 3", Command("vote", number=3)),
        ("vote 3 2", Command("vote", number=3, rest="2")),
        ("object polls 3", Command("object", "polls", 3)),
        ("progress matters 45", Command("progress", "matters", 45)),
        ("answer r7 q_age 1", Command("answer", rest="r7 q_age 1")),
        ("join 12345678", Command("join", rest="12345678")),
        ("login 012345", Command("login", rest="012345")),
        ("rate 45 5", Command("rate", number=45, rest="5")),
    ],
)
def test_a_button_carries_its_command(payload: str, meant: Command) -> None:
    assert from_payload(payload) == meant


def test_the_languages_have_the_same_words() -> None:
    first, *others = (set(texts.table(language, "words")) for language in texts.LANGUAGES)
    assert all(other == first for other in others)
    kinds = {kind for word in texts.table("zh-CN", "words").values() for kind in word.get("kinds", ())}
    assert set(texts.table("zh-CN", "words")["_kinds"]) == set(KINDS) <= kinds


@given(st.text(max_size=300))
@example("投票" + "9" * 5000)
@example("我是 " + "3号楼" * 2000)
@example("我是 " + "1" * 3000)
@example("/vote " + "1 " * 3000)
@example("通知 " + "幸福里" * 3000)
@example("{{ config }}")
@example("<b>投票</b>")
@example("'; DROP TABLE polls; --")
def test_any_text_is_read_without_a_fault(said: str) -> None:
    parse(said, WORDS)
    parse(said, WORDS, in_group=True, reply=True)
    from_payload(said)


@given(
    st.sampled_from([row[0] for row in COMMANDS]),
    st.sampled_from(["", " ", "\n", "\ufeff", "　"]),
    st.sampled_from(["", " ", "\n", "\u200b"]),
)
def test_space_around_a_message_makes_no_difference(said: str, before: str, after: str) -> None:
    assert parse(before + said + after, WORDS) == parse(said, WORDS)
