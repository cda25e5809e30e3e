"""Filling in a questionnaire, with the interview going through its JSON between any two steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveys import interviews
from surveys.interviews import Asked, Completed, Interview, Moved, Paused, Review, Withdrawn
from surveys.question_types import BY_NAME
from surveys.questionnaires import Questionnaire
from surveys.responses import (
    AnswerGiven,
    InterviewKept,
    ResponseBegun,
    ResponseCompleted,
    ResponseId,
    ResponseResumed,
    ResponseState,
    ResponseWithdrawn,
)
from surveys.xlsform import read
from tests.surveys import judged
from tests.surveys.workbooks import satisfaction, workbook

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
STORY = ["知道了", "满意", "三口人", "1", "89.5平", "2019年5月1日", "1 3", "没有了"]


def questionnaire_of(data: bytes) -> Questionnaire:
    found = read(data, "x")
    assert isinstance(found, Questionnaire), found
    return found


FORM = questionnaire_of(satisfaction())


def kept(moved: Moved) -> Interview:
    """The interview as the next turn finds it; the events must carry the same."""
    last = [event for event in moved.events if isinstance(event, InterviewKept)]
    assert not last or last[-1].interview == moved.interview
    return interviews.from_json(interviews.to_json(moved.interview))


def begin(form: Questionnaire = FORM) -> Moved:
    return interviews.begin(form, ResponseId("r1"), "zh-CN", "Asia/Shanghai", NOW)


def told(said: Sequence[str], moved: Moved, form: Questionnaire = FORM) -> Moved:
    """Answer one question after the other."""
    for text in said:
        assert isinstance(moved.result, Asked), (text, moved.result)
        path = moved.result.question.path
        moved = interviews.answer(form, kept(moved), path, text, NOW)
        assert not moved.faults, (text, moved.faults)
    return moved


def names(moved: Moved) -> list[str]:
    return [type(event).__name__ for event in moved.events]


def test_from_the_first_question_to_the_end() -> None:
    moved = begin()
    assert names(moved) == ["ResponseBegun", "InterviewKept"]
    assert isinstance(moved.result, Asked)
    assert moved.result.notes == ("这份问卷大约三分钟，答案只用来改进小区的服务。",)
    assert (moved.result.number, moved.result.of) == (1, 7)
    moved = told(STORY, moved)
    assert isinstance(moved.result, Review)
    assert [line.answer for line in moved.result.lines] == ["✓", "满意", "3", "1", "89.5", "2019-05-01", "加装电梯、停车位", "没有了"]
    assert moved.result.notes == ("谢谢您！您家有3口人的信息我们会保密。",)
    moved = interviews.submit(FORM, kept(moved), NOW)
    assert moved.result == Completed()
    assert names(moved) == ["ResponseCompleted", "InterviewKept"]
    done = moved.events[0]
    assert isinstance(done, ResponseCompleted)
    assert done.answers == {
        "/data/start": "2026-11-21T10:00:00.000+08:00",
        "/data/today": "2026-11-21",
        "/data/read": "OK",
        "/data/overall": "good",
        "/data/home/people": "3",
        "/data/home/old": "1",
        "/data/home/area": "89.5",
        "/data/home/since": "2019-05-01",
        "/data/young": "2",
        "/data/wishes": "lift parking",
        "/data/idea": "没有了",
    }


def test_what_no_longer_applies_is_kept_but_not_handed_in_and_comes_back() -> None:
    moved = told(["知道了", "不满意", "半夜太吵", *STORY[2:]], begin())
    moved = interviews.answer(FORM, kept(moved), "overall", "很满意", NOW)
    assert isinstance(moved.result, Review)
    assert "半夜太吵" not in [line.answer for line in moved.result.lines]
    assert moved.interview.answers["/data/why"] == "半夜太吵"
    handed_in = interviews.submit(FORM, kept(moved), NOW).events[0]
    assert isinstance(handed_in, ResponseCompleted)
    assert "/data/why" not in handed_in.answers
    moved = interviews.answer(FORM, kept(moved), "overall", "不满意", NOW)
    assert isinstance(moved.result, Review)
    assert "半夜太吵" in [line.answer for line in moved.result.lines]


def test_going_back_and_changing_an_answer_returns_to_where_one_was() -> None:
    moved = told(["知道了", "满意", "三口人", "1"], begin())
    moved = interviews.back(FORM, kept(interviews.back(FORM, kept(moved), NOW)), NOW)
    assert isinstance(moved.result, Asked)
    assert (moved.result.question.name, moved.result.value) == ("people", "3")
    moved = interviews.answer(FORM, kept(moved), "people", "5", NOW)
    assert isinstance(moved.result, Asked)
    assert moved.result.question.name == "area"
    assert moved.interview.answers["/data/home/people"] == "5"


def test_before_the_first_question_there_is_none() -> None:
    moved = interviews.back(FORM, kept(begin()), NOW)
    assert moved.faults[""].code == "first_question"
    assert isinstance(moved.result, Asked)


def test_the_kth_question_is_the_kth_of_those_that_apply() -> None:
    moved = told(STORY, begin())
    moved = interviews.edit(FORM, kept(moved), 3, NOW)
    assert isinstance(moved.result, Asked)
    assert moved.result.question.name == "people"
    assert isinstance(interviews.answer(FORM, kept(moved), "people", "4", NOW).result, Review)
    assert interviews.edit(FORM, kept(moved), 9, NOW).faults[""].code == "no_such_question"
    assert interviews.edit(FORM, kept(moved), 0, NOW).faults[""].code == "no_such_question"


def test_only_what_is_not_required_can_be_skipped() -> None:
    moved = interviews.skip(FORM, kept(begin()), "read", NOW)
    assert moved.faults["/data/read"].code == "required"
    moved = told(STORY[:4], begin())
    moved = interviews.skip(FORM, kept(moved), "area", NOW)
    assert isinstance(moved.result, Asked)
    assert moved.result.question.name == "since"
    back = interviews.back(FORM, kept(told(["昨天"], moved)), NOW)
    passed_over = interviews.skip(FORM, kept(back), "since", NOW)  # an answer given before stays
    assert passed_over.interview.answers["/data/home/since"] == "2026-11-20"


def test_a_constraint_answers_in_the_forms_own_words() -> None:
    moved = told(["知道了", "满意", "三口人"], begin())
    moved = interviews.answer(FORM, kept(moved), "old", "5", NOW)
    assert moved.faults["/data/home/old"].values["message"] == "老人不会比全家人还多，请再看一下"
    assert moved.interview.tries == 1
    assert interviews.answer(FORM, kept(moved), "old", "嗯", NOW).interview.tries == 2
    assert interviews.answer(FORM, kept(moved), "old", "1", NOW).interview.tries == 0


def test_an_answer_that_a_later_one_made_wrong_is_asked_again_before_handing_in() -> None:
    moved = told(["知道了", "满意", "三口人", "3", *STORY[4:]], begin())
    moved = interviews.answer(FORM, kept(moved), "people", "2", NOW)
    moved = interviews.submit(FORM, kept(moved), NOW)
    assert isinstance(moved.result, Asked)
    assert moved.result.question.name == "old"
    assert moved.faults["/data/home/old"].code == "constraint"
    moved = told(["2"], moved)
    assert interviews.submit(FORM, kept(moved), NOW).result == Completed()


def test_nothing_unread_is_handed_in() -> None:
    moved = interviews.submit(FORM, kept(told(STORY[:3], begin())), NOW)
    assert isinstance(moved.result, Asked)
    assert moved.result.question.name == "old"
    moved = interviews.submit(FORM, kept(told(STORY[:-1], begin())), NOW)  # nor what nobody has to answer, before it was shown
    assert isinstance(moved.result, Asked)
    assert moved.result.question.name == "idea"


def test_ticking_on_and_off_and_pausing_in_between() -> None:
    moved = told(STORY[:6], begin())
    for name in ("lift", "meals", "lift", "parking"):
        moved = interviews.tick(FORM, kept(moved), "wishes", name, NOW)
    moved = interviews.pause(FORM, kept(moved), NOW)
    moved = interviews.resume(FORM, kept(moved), NOW + timedelta(days=90))
    assert isinstance(moved.result, Asked)
    assert [choice.label for choice in moved.result.choices if choice.chosen] == ["停车位", "老人吃饭和送餐"]
    assert moved.interview.ticked is not None
    moved = interviews.choose(FORM, kept(moved), "wishes", moved.interview.ticked, NOW)
    assert moved.interview.answers["/data/wishes"] == "parking meals"


def test_paused_and_taken_up_again() -> None:
    paused = interviews.pause(FORM, kept(told(STORY[:3], begin())), NOW)
    assert paused.result == Paused(3, 8)
    assert names(paused) == ["ResponsePaused", "InterviewKept"]
    assert paused.interview.state is ResponseState.PAUSED
    assert interviews.pause(FORM, kept(paused), NOW).events == ()
    resumed = interviews.resume(FORM, kept(paused), NOW)
    assert isinstance(resumed.events[0], ResponseResumed)
    assert isinstance(resumed.result, Asked)
    answered = interviews.answer(FORM, kept(paused), "old", "1", NOW)  # on a page, without saying 继续
    assert names(answered) == ["ResponseResumed", "AnswerGiven", "InterviewKept"]


def test_after_the_end_nothing_changes() -> None:
    done = kept(interviews.submit(FORM, kept(told(STORY, begin())), NOW))
    for again in (
        interviews.answer(FORM, done, "people", "9", NOW),
        interviews.choose(FORM, done, "overall", ["bad"], NOW),
        interviews.submit(FORM, done, NOW),
        interviews.pause(FORM, done, NOW),
        interviews.submit_page(FORM, done, {"people": "9"}, NOW),
    ):
        assert (again.interview, again.result, again.events) == (done, Completed(), ())
        assert again.faults[""].code == "already_completed"
    withdrawn = interviews.withdraw(FORM, done, NOW)
    assert (withdrawn.result, names(withdrawn)) == (Withdrawn(), ["ResponseWithdrawn", "InterviewKept"])
    assert interviews.withdraw(FORM, kept(withdrawn), NOW).events == ()


def test_today_is_the_communitys_day() -> None:
    """At 02:00 in Shanghai it is still the day before in Greenwich."""
    late = datetime(2026, 11, 20, 18, tzinfo=UTC)
    moved = told(STORY[:5], begin())
    assert not interviews.answer(FORM, kept(moved), "since", "2026-11-21", late).faults
    assert interviews.answer(FORM, kept(moved), "since", "2026-11-22", late).faults


def test_a_button_for_what_is_not_asked_changes_nothing() -> None:
    start = begin().interview
    for name in ("why", "young", "welcome", "nobody", "/data/home"):
        moved = interviews.answer(FORM, start, name, "1", NOW)
        assert moved.faults[""].code == "does_not_apply"
        assert moved.interview.answers == {}
    assert interviews.choose(FORM, start, "overall", ["excellent"], NOW).faults["/data/overall"].code == "no_such_option"
    assert interviews.choose(FORM, start, "overall", ["good", "bad"], NOW).faults["/data/overall"].code == "only_one"


# --- pages --------------------------------------------------------------------------------------------------------


def test_a_page_is_checked_like_the_chat() -> None:
    moved = interviews.submit_page(FORM, kept(begin()), {"read": ["OK"], "overall": "good"}, NOW)
    assert not moved.faults
    assert [event.path for event in moved.events if isinstance(event, AnswerGiven)] == ["/data/read", "/data/overall"]
    page = {"people": "3", "old": "9", "area": " 八十九点五 ", "since": ""}
    moved = interviews.submit_page(FORM, kept(moved), page, NOW)
    assert set(moved.faults) == {"/data/home/old"}
    assert isinstance(moved.result, Asked)
    assert moved.result.question.name == "old"
    assert moved.interview.answers["/data/home/area"] == "89.5"  # what was right is kept
    moved = interviews.submit_page(FORM, kept(moved), {"old": "1"}, NOW)
    assert isinstance(moved.result, Asked)
    assert moved.result.question.name == "wishes"
    assert interviews.submit_page(FORM, kept(moved), {"wishes": []}, NOW).faults["/data/wishes"].code == "required"
    assert interviews.submit_page(FORM, kept(moved), {"wishes": "lift x"}, NOW).faults["/data/wishes"].code == "no_such_option"


def test_a_blank_on_a_page_takes_the_answer_back() -> None:
    moved = told(STORY, begin())
    moved = interviews.submit_page(FORM, kept(moved), {"idea": "  "}, NOW)
    assert "/data/idea" not in moved.interview.answers
    assert isinstance(moved.result, Review)


def test_begun_in_chat_and_ended_on_the_page() -> None:
    moved = told(STORY[:3], begin())
    for page in ({"old": "1"}, {"area": "89.5"}, {"since": "2019-05-01"}, {"wishes": ["parking", "lift"]}, {"idea": "没有了"}):
        moved = interviews.submit_page(FORM, kept(moved), page, NOW)
    here = interviews.submit(FORM, kept(moved), NOW).events[0]
    there = interviews.submit(FORM, kept(told(STORY, begin())), NOW).events[0]
    assert here == there


# --- any walk at all ----------------------------------------------------------------------------------------------

WALKED = [FORM, *map(questionnaire_of, (judged.CONDITIONS, judged.DATES, judged.GROUPS, judged.NUMBERS, judged.SEVERAL))]
REPLIES = ("1", "2", "3", "一", "好", "昨天", "89.5平", "3个人", "2025-01-02", "1 2", "同意", "", "📷", "知道了", "张三", "13800138000")
MOVES = ("answer", "answer", "answer", "answer", "back", "edit", "skip", "tick", "pause", "resume", "page", "submit")


def move(form: Questionnaire, interview: Interview, what: str, data: st.DataObject) -> Moved:
    """One thing a resident may do, drawn at random; never to any harm."""
    items = form.items
    question = data.draw(st.sampled_from(items)) if data.draw(st.integers(0, 4)) == 0 else form.by_path.get(interview.current, items[0])
    reply = data.draw(st.sampled_from(REPLIES))
    match what:
        case "answer":
            return interviews.answer(form, interview, question.path, reply, NOW)
        case "back" | "pause" | "resume" | "submit":
            act: Any = getattr(interviews, what)
            moved: Moved = act(form, interview, NOW)
            return moved
        case "edit":
            return interviews.edit(form, interview, data.draw(st.integers(-1, 9)), NOW)
        case "skip":
            return interviews.skip(form, interview, question.path, NOW)
        case "tick":
            return interviews.tick(form, interview, question.path, data.draw(st.sampled_from(["yes", "lift", "shed", "x"])), NOW)
        case _:
            several = question.type in BY_NAME and BY_NAME[question.type].offers
            return interviews.submit_page(form, interview, {question.name: ["yes"] if several else reply}, NOW)


@settings(max_examples=60)
@given(st.sampled_from(WALKED), st.data())
def test_no_walk_loses_an_answer(form: Questionnaire, data: st.DataObject) -> None:
    moved = begin(form)
    given_so_far: dict[str, str] = {}
    for what in data.draw(st.lists(st.sampled_from(MOVES), max_size=25)):
        moved = move(form, kept(moved), what, data)
        for event in moved.events:
            if isinstance(event, AnswerGiven):
                given_so_far[event.path] = event.value
        assert moved.interview.answers == {path: value for path, value in given_so_far.items() if value}
        assert moved.result == (moved.result if isinstance(moved.result, Paused) else interviews.look(form, moved.interview, NOW))
        if isinstance(moved.result, Completed):
            break


FITTING = {
    "integer": ("2", "4", "6", "12", "18", "两个", "六"),
    "decimal": ("0.5", "2.5", "八点五"),
    "text": ("张三", "13800138000", "李四说好"),
    "date": ("2019-05-01", "2024-02-29", "2025年12月31日"),
    "acknowledge": ("知道了",),
}


def to_the_end(form: Questionnaire, data: st.DataObject) -> Moved:
    """In the chat: answers that mostly fit, sometimes back, put aside or passed over, until all is read back."""
    moved = begin(form)
    for _ in range(200):
        if not isinstance(moved.result, Asked):
            break
        question = moved.result.question
        what = data.draw(st.sampled_from(("answer",) * 8 + ("back", "pause", "skip")))
        if what == "answer" and question.choices:
            several = BY_NAME[question.type].offers == "several"
            chosen = data.draw(st.lists(st.sampled_from(question.choices), min_size=1, max_size=2 if several else 1, unique=True))
            moved = interviews.choose(form, kept(moved), question.name, [option.name for option in chosen], NOW)
        elif what == "answer":
            moved = interviews.answer(form, kept(moved), question.name, data.draw(st.sampled_from(FITTING[question.type])), NOW)
        elif what == "skip":
            moved = interviews.skip(form, kept(moved), question.name, NOW)
        else:
            moved = interviews.back(form, kept(moved), NOW) if what == "back" else moved
            moved = interviews.resume(form, kept(interviews.pause(form, kept(moved), NOW)), NOW)
    return moved


@settings(max_examples=60)
@given(st.sampled_from(WALKED), st.data())
def test_chat_and_page_hand_in_the_same(form: Questionnaire, data: st.DataObject) -> None:
    """Whatever was answered in the chat, the same values sent page by page make the same response."""
    chat = interviews.submit(form, kept(to_the_end(form, data)), NOW)
    assume(isinstance(chat.result, Completed))  # else an earlier answer was changed to one that does not fit
    page = begin(form)
    while isinstance(page.result, Asked):
        question = page.result.question
        value = chat.interview.answers.get(question.path, "")
        raw: str | list[str] = value.split() if BY_NAME[question.type].offers else value
        page = interviews.submit_page(form, kept(page), {question.path: raw}, NOW)
        assert not page.faults
    assert interviews.submit(form, kept(page), NOW).events[0] == chat.events[0]


# --- states that were deployed ------------------------------------------------------------------------------------


def test_an_interview_kept_by_the_first_version_is_still_read() -> None:
    old = (
        '{"response":"r1","questionnaire":"q1","version":"1","language":"zh-CN","begun_at":"2026-11-21T02:00:00Z","zone":"Asia/Shanghai",'
        '"state":"paused","answers":{"/data/home/people":"3"},"current":"/data/home/old","passed":["/data/home/people"],"ticked":["lift"],'
        '"tries":1,"shape":1}'
    )
    found = interviews.from_json(old)
    assert found.answers == {"/data/home/people": "3"}
    assert found.ticked == ("lift",)
    assert found.state is ResponseState.PAUSED


def test_a_questionnaire_without_questions_left_is_read_back_at_once() -> None:
    only = questionnaire_of(workbook([["type", "name", "label", "relevant"], ["text", "a", "甲", "1 = 2"]]))
    assert isinstance(begin(only).result, Review)


def test_events_say_who() -> None:
    events = (*begin().events, *interviews.withdraw(FORM, begin().interview, NOW).events)
    assert {getattr(event, "response", None) for event in events} == {"r1"}
    assert {ResponseBegun, ResponseWithdrawn} <= {type(event) for event in events}


@pytest.mark.parametrize("language", ["zh-CN", "en", "fr"])
def test_a_reader_gets_the_nearest_language(language: str) -> None:
    begun = interviews.begin(FORM, ResponseId("r1"), language, "Asia/Shanghai", NOW)
    assert isinstance(begun.result, Asked)
    assert begun.result.label == ("Please read the note above first." if language == "en" else "请先看一看上面的说明。")
