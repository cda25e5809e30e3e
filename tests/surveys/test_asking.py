"""The questionnaire as a chat: what the resident reads, taps and types. The interview goes through its JSON between any two lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

import texts
from dialogue import choosing, grammar
from dialogue.words import Command, Event, Say
from surveys import asking, interviews
from surveys.questionnaires import Questionnaire
from surveys.responses import InterviewKept, ResponseId
from surveys.xlsform import read
from tests.surveys.workbooks import satisfaction

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
FORM = read(satisfaction(), "x")


@dataclass
class Chat:
    """张姐 and the bot. `says` are its last messages; typed words that name a shown option or aside choose it, as in a real chat."""

    language: str = "zh-CN"
    large: bool = False
    says: tuple[Say, ...] = ()
    state: str = ""
    over: bool = False
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert isinstance(FORM, Questionnaire)
        begun = interviews.begin(FORM, ResponseId("r1"), self.language, "Asia/Shanghai", NOW)
        self._take(asking.opening(FORM, begun, "t1", NOW))

    def _take(self, step: asking.Step) -> None:
        self.says = step.says
        self.events += step.events
        kept = [event.interview for event in step.events if isinstance(event, InterviewKept)]
        self.state = interviews.to_json(kept[-1]) if kept else self.state
        self.over = step.state is None

    def buttons(self) -> dict[str, str]:
        return {self._label(option): option.payload for say in self.says for option in say.options}

    def _label(self, option: asking.Option) -> str:
        return option.text or texts.render(option.key, option.values, self.language)

    def hears(self) -> str:
        return "\n".join(texts.render(say.key, say.values, self.language, large=self.large) for say in self.says)

    def __call__(self, *lines: str) -> str:
        for line in lines:
            asides = {self._label(o): o.payload for say in self.says for o in say.options if o.aside}
            main = [(self._label(o), o.payload) for say in self.says for o in say.options if not o.aside]
            found = choosing.choose(line, [label for label, _ in main])
            if isinstance(found, choosing.Chosen):
                self.press(main[found.index][1])
            elif line in asides:
                self.press(asides[line])
            else:
                self.say(line)
        return self.hears()

    def say(self, said: str | Command) -> str:
        assert isinstance(FORM, Questionnaire)
        self._take(asking.step(FORM, interviews.from_json(self.state), said, NOW, "t1"))
        return self.hears()

    def press(self, payload: str) -> str:
        return self.say(grammar.from_payload(payload))


def test_from_the_title_to_the_thanks() -> None:
    chat = Chat()
    assert "《小区居住满意度与需求》" in chat.hears()
    assert "（1/7）请先看一看上面的说明。" in chat.hears()
    assert list(chat.buttons()) == ["知道了", "暂停"]
    assert "（2/7）您对小区居住总体满意吗？" in chat("知道了")
    assert list(chat.buttons()) == ["很满意", "满意", "一般", "不满意", "很不满意", "上一题", "暂停"]
    assert "是哪里让您不满意" in chat("四")
    assert "跳过" in chat.buttons()
    chat("半夜太吵", "三口人", "一个", "大概89.5平", "2019年5月1号")
    assert "可以选几个" in chat.hears()
    read_back = chat("加装电梯", "停车位", "选好了", "跳过")
    assert "2. 您对小区居住总体满意吗？ 不满意" in read_back
    assert "2019年5月1日（周三）" in read_back
    assert "加装电梯、停车位" in read_back
    assert "还有什么想对社区说的？ （没填）" in read_back
    assert "谢谢您！您家有3口人的信息我们会保密。" in read_back
    assert list(chat.buttons()) == ["提交", "改"]
    assert "收到了，谢谢您" in chat("提交")
    assert chat.over


def test_options_are_ticked_on_and_off_until_they_are_right() -> None:
    chat = Chat()
    chat("知道了", "满意", "1", "跳过", "跳过")
    chat("加装电梯")
    assert "✓ 加装电梯" in chat.buttons()
    chat("✓ 加装电梯", "停车位")
    assert [label for label in chat.buttons() if label.startswith("✓")] == ["✓ 停车位"]
    chat.say("加装电梯 老人吃饭和送餐")  # typed on top of what is ticked: nothing is lost, nothing taken yet
    assert [label for label in chat.buttons() if label.startswith("✓")] == ["✓ 加装电梯", "✓ 停车位", "✓ 老人吃饭和送餐"]
    assert "（7/7）" in chat("选好了")
    assert interviews.from_json(chat.state).answers["/data/wishes"] == "lift parking meals"


def test_several_numbers_in_one_message_are_the_answer() -> None:
    chat = Chat()
    chat("知道了", "满意", "1", "跳过", "跳过")
    assert "（7/7）" in chat.press("answer t1 12 1 3")  # what `1、3` becomes on its way
    assert interviews.from_json(chat.state).answers["/data/wishes"] == "lift parking"


def test_a_wrong_answer_hears_what_is_expected_and_the_question_again_and_then_more() -> None:
    chat = Chat()
    chat("知道了", "满意")
    first = chat("三五个")
    assert "大概数" in first
    assert "家里常住几口人" in first
    second = chat("好几个人")
    assert len(second) > len(first)
    assert "人工" not in chat.buttons()
    chat("一大家子")
    assert "人工" in chat.buttons()
    assert "其中60岁以上的老人有几位" in chat("两个人")


def test_a_button_of_an_earlier_question_belongs_to_that_question() -> None:
    chat = Chat()
    old = chat.buttons()
    chat("知道了")
    rating = chat.buttons()
    chat("很满意", "3")
    assert "其中60岁以上" in chat.press(rating["满意"])
    assert interviews.from_json(chat.state).answers["/data/overall"] == "good"
    assert "其中60岁以上" in chat.press(old["知道了"])
    assert "那一题现在不用答了" in chat.press("answer t1 6 skip")
    for strange in ("answer t1 99 1", "answer t1 0 1", "answer t1", "answer t1 7", "answer t1 5 9", "answer t1 x y"):
        assert "其中60岁以上" in chat.press(strange)


def test_going_back_and_changing_an_answer_at_the_end() -> None:
    chat = Chat()
    chat("知道了", "满意", "3", "1", "跳过", "跳过")
    chat.say("2 3")
    chat("跳过")
    assert "要改哪一题" in chat("改")
    assert "您上次答的：3" in chat("家里常住几口人？")
    assert "看一遍" in chat("2")
    assert "您上次答的：满意" in chat.say(Command("edit", number=2))
    assert "看一遍" in chat("不改")
    assert "没有第99题" in chat.say(Command("edit", number=99))
    assert "还没有提交" in chat.say("都对的")
    assert "您还没填" not in chat("提交")
    assert chat.over


def test_pause_and_go_on() -> None:
    chat = Chat()
    chat("知道了", "满意")
    assert "答过的2题都记着" in chat("暂停")
    assert chat.over
    assert "家里常住几口人" in chat("继续")
    assert not chat.over
    chat.say(Command("quit"))
    assert chat.over
    assert "已撤回" in chat("不填了")
    assert "已经撤回" in chat.say("3")


@pytest.mark.parametrize(
    ("word", "expected"), [("back", "请先看一看"), ("skip", "需要您回答"), ("resume", "总体满意吗"), ("change", "要改哪一题")]
)
def test_words_without_a_button(word: str, expected: str) -> None:
    chat = Chat()
    chat("知道了")
    assert expected in chat.say(Command(word))


def test_in_english() -> None:
    chat = Chat("en")
    chat("I have read it")
    assert "How satisfied are you" in chat.hears()
    assert "Between 1 and 20, please" in chat("Satisfied", "300")
    chat("2", "1", "Skip", "Skip", "A lift", "Done", "Skip")
    assert "Tap [Hand in]" in chat.hears()
    assert "Thank you" in chat("Hand in")


def test_large_type_is_one_short_line() -> None:
    chat = Chat(large=True)
    assert chat("知道了") == "您对小区居住总体满意吗？"


# --- every code has its sentence ----------------------------------------------------------------------------------

SOURCES = Path(__file__).parents[2] / "surveys"
MINE = (
    "choosing.py",
    "days.py",
    "figures.py",
    "interviews.py",
    "asking.py",
    *(f"question_types/{f.name}" for f in SOURCES.glob("question_types/*.py")),
)


def said_in_code(pattern: str, *files: str) -> set[str]:
    return {code for name in files for code in re.findall(pattern, (SOURCES / name).read_text("utf-8"))}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_whatever_may_be_wrong_can_be_said(language: str) -> None:
    codes = said_in_code(r'Invalid\(\s*"(\w+)"', *MINE) | said_in_code(r'return Invalid\("(\w+)" if', *MINE)
    codes |= {"already_completed", "already_withdrawn", "not_an_option", "date_incomplete", "not_a_date"}
    faults = said_in_code(r'Fault\([^()]*?"(\w+)"[,)]', "workbooks.py", "xlsform_checks.py", "xlsform.py")
    table = texts.table(language, "surveys")
    assert len(codes) > 20
    assert {f"invalid_{code}" for code in codes} <= set(table)
    assert {key for key in table if key.startswith("invalid_")} <= {f"invalid_{code}" for code in codes}
    assert {f"fault_{code}" for code in faults if code not in ("survey", "settings", "choices")} <= set(table)
