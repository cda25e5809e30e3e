"""Tencent's XML in and out: single and repeated elements, words that try to break out, and what is no message at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy import parse_message

from channels.tencent.crypto import Sealed
from channels.tencent.xml import UNWRITABLE, NotXml, encrypted_in, enveloped, read, write

CARD = """<xml><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event><SelectedItems>{}</SelectedItems></xml>"""
ITEM = "<SelectedItem><QuestionKey>{}</QuestionKey><OptionIds>{}</OptionIds></SelectedItem>"


def card(*items: tuple[str, tuple[str, ...]]) -> bytes:
    inside = (ITEM.format(key, "".join(f"<OptionId>{o}</OptionId>" for o in options)) for key, options in items)
    return CARD.format("".join(inside)).encode()


@pytest.mark.parametrize("items", [[("q1", ("a",))], [("q1", ("a", "c"))], [("q1", ("a", "c")), ("q2", ("x",))]])
def test_one_choice_is_a_list_like_two(items: list[tuple[str, tuple[str, ...]]]) -> None:
    found = read(card(*items))["SelectedItems"]["SelectedItem"]
    assert [(i["QuestionKey"], tuple(i["OptionIds"]["OptionId"])) for i in found] == items


@pytest.mark.parametrize("count", [1, 2])
def test_members_and_subscriptions_are_lists_too(count: int) -> None:
    chat = f"<xml><MemChangeList>{'<Item>u</Item>' * count}</MemChangeList></xml>"
    popup = f"<xml><SubscribeMsgPopupEvent>{'<List><TemplateId>t</TemplateId></List>' * count}</SubscribeMsgPopupEvent></xml>"
    assert read(chat.encode())["MemChangeList"]["Item"] == ["u"] * count
    assert read(popup.encode())["SubscribeMsgPopupEvent"]["List"] == [{"TemplateId": "t"}] * count


def test_what_stands_there_is_read_as_it_stands() -> None:
    body = "<xml><Content><![CDATA[1 < 2 & ]]]]><![CDATA[> 🌳\n好]]></Content><Empty></Empty><N>7</N><New><Deep x='1'>d</Deep></New></xml>"
    assert read(body.encode()) == {"Content": "1 < 2 & ]]> 🌳\n好", "Empty": "", "N": "7", "New": {"Deep": "d"}}


BOMB = "<!DOCTYPE xml [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><xml><Content>&b;</Content></xml>"
NONE = {
    "nothing": b"",
    "a blank": b"  \n",
    "garbage": b"\x00\x01\x02",
    "words": "你好".encode(),
    "JSON": b'{"encrypt":"x"}',
    "cut short": b"<xml><Content>",
    "two roots": b"<xml><a>1</a></xml><xml><a>2</a></xml>",
    "another root": b"<html><a>1</a></html>",
    "no elements": b"<xml>words</xml>",
    "an empty root": b"<xml/>",
    "bytes that are no UTF-8": b"<xml><a>\xff\xfe</a></xml>",
    "an encoding nobody knows": b"<?xml version='1.0' encoding='martian'?><xml><a>1</a></xml>",
    "an unknown entity": b"<xml><a>&mine;</a></xml>",
    "entities of its own": BOMB.encode(),
    "a file of ours": b"<!DOCTYPE xml [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><xml><a>&a;</a></xml>",
    "a document type alone": b"<!DOCTYPE xml><xml><a>1</a></xml>",
    "a document type elsewhere": b"<!DOCTYPE xml SYSTEM 'http://127.0.0.1/x.dtd'><xml><a>1</a></xml>",
}


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_message(name: str) -> None:
    with pytest.raises(NotXml) as caught:
        read(NONE[name])
    assert str(caught.value) == ""


def test_a_neighbour_may_write_about_document_types() -> None:
    assert read(b"<xml><Content><![CDATA[<!DOCTYPE html>]]></Content></xml>") == {"Content": "<!DOCTYPE html>"}


@given(st.binary(max_size=60))
def test_garbage_is_refused_and_nothing_worse(data: bytes) -> None:
    for body in (data, b"<xml>" + data + b"</xml>", b"<xml><a>" + data + b"</a></xml>"):
        try:
            assert isinstance(read(body), dict)
        except NotXml:
            pass
        encrypted_in(body)


# --- envelopes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "inside"),
    [
        (b"<xml><ToUserName>w</ToUserName><Encrypt><![CDATA[QUJD]]></Encrypt><AgentID>1</AgentID></xml>", b"QUJD"),
        (b"<xml>\n<Encrypt>QUJD</Encrypt>\n</xml>", b"QUJD"),
        (b"<xml><Encrypt><![CDATA[QUJD</Encrypt></xml>", None),
        (b"<xml><Content><![CDATA[<Encrypt>no</Encrypt>]]></Content><Encrypt><![CDATA[QUJD]]></Encrypt></xml>", b"QUJD"),
        (b"<xml><Encrypt></Encrypt></xml>", b""),
        (b"<xml><Content>hello</Content></xml>", None),
        (b"<xml><Encrypt>QUJD", None),
        (b"</Encrypt>QUJD<Encrypt>", None),
        (b"", None),
        (b"x" * 2**20, None),
    ],
    ids=range(10),
)
def test_what_an_envelope_carries(body: bytes, inside: bytes | None) -> None:
    assert encrypted_in(body) == inside


def test_our_envelope_is_the_one_tencent_expects() -> None:
    body = enveloped(Sealed("QUJD", "5f" * 20, 1700000000, "n"))
    assert read(body) == {"Encrypt": "QUJD", "MsgSignature": "5f" * 20, "TimeStamp": "1700000000", "Nonce": "n"}
    assert b"<TimeStamp>1700000000</TimeStamp>" in body
    assert encrypted_in(body) == b"QUJD"


# --- writing ---------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["Content", "Title", "Text", "Key"])
TEXTS = st.text().filter(lambda t: t == t.strip()) | st.sampled_from(["]]>", "]]]]>>", "</Content></xml>", "&amp;", "<![CDATA["])


def as_read(text: str) -> str:
    return UNWRITABLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n").strip()


@given(st.dictionaries(NAMES, TEXTS, min_size=1))
def test_no_words_break_out_of_their_element(fields: dict[str, str]) -> None:
    assert read(write(fields)) == {name: as_read(text) for name, text in fields.items()}


def test_lists_repeat_their_element_and_mappings_nest() -> None:
    body = write({"N": 3, "Item": ["a", "b"], "Articles": {"item": [{"Title": "一"}, {"Title": "二"}]}, "None": []})
    assert body.decode() == (
        "<xml><N>3</N><Item><![CDATA[a]]></Item><Item><![CDATA[b]]></Item>"
        "<Articles><item><Title><![CDATA[一]]></Title></item><item><Title><![CDATA[二]]></Title></item></Articles></xml>"
    )
    assert read(body) == {"N": "3", "Item": ["a", "b"], "Articles": {"item": [{"Title": "一"}, {"Title": "二"}]}}


def test_wechatpy_reads_what_we_write() -> None:
    text = "好 & ]]> <b>"
    fields = {"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": 1, "MsgType": "text", "Content": text, "MsgId": 7}
    message = parse_message(write(fields).decode())
    assert (message.content, message.source, message.target, message.id) == (text, "o1", "gh_1", 7)
