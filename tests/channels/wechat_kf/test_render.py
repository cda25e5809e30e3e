"""Whatever the house says, Tencent takes it, and nothing of it is lost on the way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import texts
from channels.numbered import Phrases
from channels.wechat_kf.render import at_once, render
from dialogue.words import Button, Rendered
from tests.fakes.qyapi_kf_rules import checked

PHRASES = Phrases.of(texts.table(texts.DEFAULT, "wechat_kf"))
WORDS = st.text(st.sampled_from("灯坏了，请修。\n a1<&😀"), max_size=1500)
LABEL = st.text(st.sampled_from("要不装灯 a1."), min_size=1, max_size=60).filter(str.strip)
BUTTON = st.one_of(
    st.builds(Button, LABEL, st.text("vote 12#q_", min_size=1, max_size=80), aside=st.booleans()),
    st.builds(Button, LABEL, url=st.text("htps:/.kx=", min_size=1, max_size=3000).map("https://".__add__)),
)
SAID = st.builds(Rendered, WORDS, st.lists(BUTTON, max_size=14).map(tuple))


@given(SAID)
def test_every_message_is_one_that_tencent_takes(words: Rendered) -> None:
    for message in (*render(words, PHRASES), *render(words, PHRASES, menu=False), *at_once(words, PHRASES, menu=True)):
        checked(message)


@given(SAID)
def test_every_word_and_every_choice_is_shown(words: Rendered) -> None:
    for messages in (render(words, PHRASES), at_once(words, PHRASES, menu=True)):
        shown = [checked(message) for message in messages]
        said = "".join(text for text, _, _ in shown) + "".join(label for _, lines, _ in shown for label, _ in lines)
        for letter in set(words.text.split() or ""):
            assert all(sign in said for sign in letter)
        tapped = {what for _, lines, _ in shown for _, what in lines}
        for b in words.buttons:
            assert (b.payload or b.url) in tapped or b.text.strip()[:1] in said


def test_a_choice_that_is_itself_a_figure_gets_no_number_before_it() -> None:
    words = Rendered("几个？", tuple(Button(f"{n}个", f"answer q #{n}") for n in (3, 2, 1)))
    assert [label for label, _ in checked(render(words, PHRASES)[0])[1]] == ["3个", "2个", "1个"]


def test_words_alone_are_text() -> None:
    assert render(Rendered("收到。"), PHRASES) == [{"msgtype": "text", "text": {"content": "收到。"}}]
    assert render(Rendered(" "), PHRASES) == []
