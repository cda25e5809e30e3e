"""Finished words as an application sends them: a card where it fits, else text with its options as numbered lines.

Members who live in personal WeChat (微信插件) see text, textcard and news; markdown they never see, so there is none.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from channels.numbered import Phrases, language, numbered
from channels.tencent import cards
from channels.tencent.cards import APP, CardPhrases
from channels.tencent.parts import split
from channels.wecom.settings import Words
from dialogue.words import Button, Rendered

MAX_TEXT = 2048  # bytes; longer is cut off in silence
MAX_TITLE, MAX_DESCRIPTION, MAX_URL = 128, 512, 2048
BUTTON = 4  # signs on the button of a textcard
REPLACED = 17  # signs of what stands on a card's button once it was clicked
JOINER = "\u200b"  # seen by nobody; it keeps apart what would be a mark together
_MARK = re.compile(r"<(?=[/a-zA-Z])")

Call = dict[str, Any]


def calls(words: Rendered, task: str, texts: Words) -> list[Call]:
    """The bodies of message/send that say these words to a member, in order; what is tapped stands in the last one."""
    table = texts(language(words))
    if page := _page(words):
        return [page]
    phrases = CardPhrases.of(table)
    if card := cards.card(words, task, APP, phrases):
        return [_card(card)]
    said = plain(words, texts)
    offered = cards.card(replace(words, text=""), task, APP, phrases, above=numbered(words, Phrases.of(table)))
    return [*said, _card(offered)] if offered else said


def plain(words: Rendered, texts: Words) -> list[Call]:
    """The same as text alone: what members and groups see where no card can be."""
    text = numbered(words, Phrases.of(texts(language(words))))
    return [{"msgtype": "text", "text": {"content": part}} for part in split(harmless(text), MAX_TEXT)]


def post(words: Rendered, texts: Words) -> list[Call]:
    """The bodies of appchat/send: nothing said or tapped in that group is heard, and it shows no template cards."""
    page = _page(words)
    return [page] if page else plain(words, texts)


def illustrated(words: Rendered, task: str, texts: Words, image: str) -> Call | None:
    """Words that lead to pages, with a picture, in one message; None where they need more. `image` is its address at Tencent."""
    links = [b for b in words.buttons if b.url]
    if len(links) != len(words.buttons) or not links:
        return None
    if len(links) == 1:
        title, description, link = _titled(words, links[0])
        if not _fits(title, description, link.url):
            return None
        article = {"title": title, "description": description, "url": link.url, "picurl": image}
        return {"msgtype": "news", "news": {"articles": [{name: value for name, value in article.items() if value}]}}
    card = cards.card(words, task, APP, CardPhrases.of(texts(language(words))), image=image)
    return _card(card) if card else None


def answer(words: Rendered, texts: Words) -> str:
    """The words as the text of a passive reply; "" where they are better sent by themselves: as a card, with a picture, in parts."""
    if words.picture:
        return ""
    made = calls(words, "answer", texts)
    return str(made[0]["text"]["content"]) if len(made) == 1 and made[0]["msgtype"] == "text" else ""


def chosen(labels: list[str], texts: Words) -> str:
    """What stands on a card's button once it was clicked: 已选：要装."""
    table = texts(language(Rendered("".join(labels))) if labels else "")
    if not labels:
        return table["taken"]
    said = table["chosen"].format(words=table["joint"].join(labels))
    return said if len(said) <= REPLACED else said[: REPLACED - 1] + "…"


def harmless(text: str) -> str:
    """The words as they are: nothing a neighbour wrote becomes a link of their own."""
    return _MARK.sub(f"<{JOINER}", text)


def _page(words: Rendered) -> Call | None:
    """textcard: words that ask nothing and lead to one page."""
    if len(words.buttons) != 1 or not words.buttons[0].url or words.asks:
        return None
    title, description, link = _titled(words, words.buttons[0])
    if not description or not _fits(title, description, link.url):
        return None
    button = {"btntxt": link.text} if len(link.text) <= BUTTON else {}
    if not button:
        description = f"{description}\n\n{harmless(link.text)}"
    body = {"title": title, "description": description.replace("\n", "<br>"), "url": link.url, **button}
    return {"msgtype": "textcard", "textcard": body} if len(body["description"].encode()) <= MAX_DESCRIPTION else None


def _titled(words: Rendered, link: Button) -> tuple[str, str, Button]:
    title, _, rest = words.text.strip().partition("\n")
    return title.strip(), harmless(rest.strip()) or harmless(link.text), link


def _fits(title: str, description: str, url: str) -> bool:
    sizes = ((title, MAX_TITLE), (description, MAX_DESCRIPTION), (url, MAX_URL))
    return bool(title) and all(len(text.encode()) <= most for text, most in sizes)


def _card(card: cards.Card) -> Call:
    return {"msgtype": "template_card", "template_card": card}
