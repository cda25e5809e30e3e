"""Finished words as the 智能机器人 says them: a card where something is tapped, else markdown. Nothing a neighbour wrote is markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from channels.numbered import Phrases, numbered, split
from channels.tencent.cards import AIBOT, Card, CardPhrases, card
from channels.tencent.parts import cut, harmless
from dialogue.rendered import Rendered

MAX_CONTENT = 20480  # bytes
MAX_WELCOME = 2048

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Style:
    """The few words this door says of itself, in one language; these keys stand in texts/<language>/wecom_aibot.toml.

    `chosen`: {label} is what was tapped. `received`: a tap whose label nobody remembers, or that a group sees.
    """

    lines: Phrases
    plain: Phrases  # where markdown is not shown
    cards: CardPhrases
    chosen: str
    received: str

    @classmethod
    def of(cls, table: Mapping[str, str]) -> Style:
        """From the texts of this door (Outfit.words)."""
        lines = Phrases.of(table)
        plain = replace(lines, page=table["page_plain"])
        return cls(lines, plain, CardPhrases.of(table), table["chosen"], table["received"])


def render(words: Rendered, task: str, style: Style, *, cards: bool = True) -> list[Message]:
    """The messages that say these words, in order: one card named `task`, or markdown. `cards`: they are shown where this goes."""
    if cards and (shown := card(words, task, AIBOT, style.cards)):
        return [{"msgtype": "template_card", "template_card": shown}]
    return [{"msgtype": "markdown", "markdown": {"content": part}} for part in split(marked(words, style), MAX_CONTENT)]


def marked(words: Rendered, style: Style) -> str:
    """The words as markdown: choices by number, pages as links."""
    buttons = tuple(replace(b, text=harmless(b.text)) for b in words.buttons)
    return numbered(replace(words, text=harmless(words.text), buttons=buttons), style.lines)


def streamed(message: Message, name: str) -> Message:
    """The same as an answer: markdown is a stream that is finished at once."""
    if message["msgtype"] == "template_card":
        return message
    return {"msgtype": "stream", "stream": _stream([message["markdown"]["content"]], name)}


def together(answers: Sequence[Rendered], tasks: Sequence[str], name: str, style: Style) -> tuple[Message, int]:
    """As many of these answers as one response holds, from the first: their words as one stream, the last one's card below.

    The response (with nothing in it if not even the first fits) and how many it holds.
    """
    texts: list[str] = []
    for place, (words, task) in enumerate(zip(answers, tasks, strict=True)):
        last = place == len(answers) - 1
        shown = card(words, task, AIBOT, style.cards) if last else None
        if shown and not texts:
            return {"msgtype": "template_card", "template_card": shown}, 1
        if shown:
            return {"msgtype": "stream_with_template_card", "stream": _stream(texts, name), "template_card": shown}, place + 1
        text = marked(words, style)
        if len("\n\n".join([*texts, text]).encode()) > MAX_CONTENT:
            break
        texts.append(text)
    return ({"msgtype": "stream", "stream": _stream(texts, name)} if texts else {}), len(texts)


def welcome(words: Rendered, task: str, style: Style) -> Message | None:
    """The greeting to who opens the chat: one card, or one short text; None: it is neither."""
    if shown := card(words, task, AIBOT, style.cards):
        return {"msgtype": "template_card", "template_card": shown}
    text = numbered(words, style.plain)
    return {"msgtype": "text", "text": {"content": text}} if len(text.encode()) <= MAX_WELCOME else None


def tapped(task: str, said: str, home: str) -> Card:
    """What stands in the place of a card once something on it was tapped; it leads to our first page, since such a card leads somewhere."""
    head = said if len(said) <= AIBOT.title else said[: AIBOT.title - 1] + "…"
    body = {"sub_title_text": cut(said, AIBOT.body)} if head != said else {}
    return {"card_type": "text_notice", "main_title": {"title": head}, **body, "card_action": {"type": 1, "url": home}, "task_id": task}


def _stream(texts: Sequence[str], name: str) -> Message:
    return {"id": name, "finish": True, "content": "\n\n".join(texts)}
