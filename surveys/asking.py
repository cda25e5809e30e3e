"""An interview in a chat: one question a turn, every choice a button, what was answered read back before it is handed in.

`token` is one word that names this response on its buttons, so that a button of last week still belongs to its own question.
A button says `answer TOKEN QUESTION CHOICE…`, `answer TOKEN QUESTION done|skip|back|again` or `answer TOKEN pause|quit|resume|
submit|review|change|withdraw`; QUESTION counts the rows of the form, CHOICE its options, both from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dialogue.words import Command, Option, Say, Step
from surveys import interviews
from surveys.interviews import Asked, Completed, Interview, Moved, Paused, Review, Withdrawn
from surveys.question_types import BY_NAME, Invalid
from surveys.questionnaires import Question, Questionnaire

_HELP_AFTER = 3  # wrong answers in a row before a person is offered


@dataclass(frozen=True, slots=True)
class _Turn:
    """What every part of a turn needs."""

    questionnaire: Questionnaire
    interview: Interview
    now: datetime
    token: str


def step(questionnaire: Questionnaire, interview: Interview, said: Command | str, now: datetime, token: str) -> Step:
    """One turn of the chat: what the resident typed (text) or said by word or button (command), and what is shown next.

    The state is the interview; None once it is paused, handed in or withdrawn. `now`: aware UTC.
    """
    turn = _Turn(questionnaire, interview, now, token)
    if isinstance(said, str):
        return _shown(turn, _typed(turn, said))
    if said.word == "answer":
        parts = [*filter(None, [said.kind]), *([] if said.number is None else [str(said.number)]), *said.rest.split()]
        return _pressed(turn, parts[1:])
    if said.word == "edit" and said.number is not None:
        return _shown(turn, interviews.edit(questionnaire, interview, said.number, now))
    return _named(turn, "change" if said.word == "edit" else said.word)


def opening(questionnaire: Questionnaire, begun: Moved, token: str, now: datetime) -> Step:
    """The first turn, after `interviews.begin`: the title, and the first question."""
    turn = _Turn(questionnaire, begun.interview, now, token)
    shown = _shown(turn, begun)
    of = begun.result.of if isinstance(begun.result, Asked) else 0
    return Step(shown.state, shown.events, (Say("surveys.opening", {"title": questionnaire.title, "of": of}), *shown.says))


# --- what was said ------------------------------------------------------------------------------------------------


def _typed(turn: _Turn, text: str) -> Moved:
    """Free words: an answer to the question that is shown."""
    result = interviews.look(turn.questionnaire, turn.interview, turn.now)
    if not isinstance(result, Asked):
        wrong = {"": Invalid("review")} if isinstance(result, Review) else {}
        return Moved(turn.interview, result, faults=wrong) if wrong else interviews.submit(turn.questionnaire, turn.interview, turn.now)
    question, ticked = result.question, turn.interview.ticked
    if ticked:
        value = BY_NAME[question.type].parse(question, text, turn.now, turn.interview.language)
        if not isinstance(value, Invalid):
            return _ticked_too(turn, question, [name for name in value.split() if name not in ticked])
    return interviews.answer(turn.questionnaire, turn.interview, question.path, text, turn.now)


def _ticked_too(turn: _Turn, question: Question, names: Sequence[str]) -> Moved:
    """Whoever has ticked some and types others means all of them; nothing is taken before 选好了."""
    interview = turn.interview
    moved = Moved(interview, interviews.look(turn.questionnaire, interview, turn.now))
    for name in names:
        moved = interviews.tick(turn.questionnaire, interview, question.path, name, turn.now)
        interview = moved.interview
    return moved


def _pressed(turn: _Turn, parts: Sequence[str]) -> Step:
    """A button: it carries its own question, whichever is shown now."""
    if not parts or not parts[0].isdigit():
        return _named(turn, parts[0] if parts else "")
    items, place = turn.questionnaire.items, int(parts[0]) - 1
    if not 0 <= place < len(items) or not parts[1:]:
        return _shown(turn, Moved(turn.interview, interviews.look(turn.questionnaire, turn.interview, turn.now)))
    return _shown(turn, _about(turn, items[place], parts[1:]))


def _about(turn: _Turn, question: Question, parts: Sequence[str]) -> Moved:
    """A button of that question."""
    args = (turn.questionnaire, turn.interview)
    if parts[0] == "skip":
        return interviews.skip(*args, question.path, turn.now)
    if parts[0] == "back":
        return interviews.back(*args, turn.now)
    if parts[0] == "again":
        questions = interviews.asked(turn.questionnaire, interviews.reckon(*args, turn.now))
        return interviews.edit(*args, questions.index(question) + 1 if question in questions else 0, turn.now)
    if parts[0] == "done":
        ticked = turn.interview.ticked if turn.interview.current == question.path else None
        kept = tuple(turn.interview.answers.get(question.path, "").split())
        return interviews.choose(*args, question.path, kept if ticked is None else ticked, turn.now)
    names = [option.name for option in question.choices] or ["OK"]
    chosen = [names[int(part) - 1] for part in parts if part.isdigit() and 1 <= int(part) <= len(names)]
    if question.type in BY_NAME and BY_NAME[question.type].offers == "several" and len(parts) == 1 and chosen:
        return interviews.tick(*args, question.path, chosen[0], turn.now)
    return interviews.choose(*args, question.path, chosen, turn.now) if chosen else interviews.answer(*args, question.path, "", turn.now)


def _named(turn: _Turn, name: str) -> Step:
    """A word, or a button without a question."""
    args = (turn.questionnaire, turn.interview)
    current = turn.interview.current
    match name:
        case "back":
            moved = interviews.back(*args, turn.now)
        case "skip" if current:
            moved = interviews.skip(*args, current, turn.now)
        case "pause" | "quit":
            moved = interviews.pause(*args, turn.now)
        case "resume":
            moved = interviews.resume(*args, turn.now)
        case "submit":
            moved = interviews.submit(*args, turn.now)
        case "withdraw":
            moved = interviews.withdraw(*args, turn.now)
        case "change":
            return _changing(turn)
        case _:
            moved = Moved(turn.interview, interviews.look(*args, turn.now))
    return _shown(turn, moved)


# --- what is shown ------------------------------------------------------------------------------------------------


def _shown(turn: _Turn, moved: Moved) -> Step:
    """What was wrong, then what is to be shown now."""
    tries = moved.interview.tries
    says = [Say(f"surveys.invalid_{wrong.code}", {**wrong.values, "tries": tries}) for wrong in moved.faults.values()]
    over = isinstance(moved.result, Completed | Withdrawn | Paused)
    if not (over and moved.faults):
        says.append(_say(turn, moved))
    return Step(None if over else moved.interview, moved.events, tuple(says))


def _say(turn: _Turn, moved: Moved) -> Say:
    match moved.result:
        case Asked() as asked:
            return _question(turn, asked, moved.interview)
        case Review() as review:
            submit = Option(f"answer {turn.token} submit", key="surveys.submit")
            change = Option(f"answer {turn.token} change", key="surveys.change", aside=True)
            return Say("surveys.review", {"lines": lines(review), "notes": review.notes}, (submit, change))
        case Paused(done, of):
            resume = Option(f"answer {turn.token} resume", key="surveys.resume")
            withdraw = Option(f"answer {turn.token} withdraw", key="surveys.withdraw", aside=True)
            return Say("surveys.paused", {"title": turn.questionnaire.title, "done": done, "of": of}, (resume, withdraw))
        case Completed():
            return Say("surveys.completed", {"title": turn.questionnaire.title})
        case Withdrawn():
            return Say("surveys.withdrawn", {"title": turn.questionnaire.title})


def _question(turn: _Turn, asked: Asked, interview: Interview) -> Say:
    question = asked.question
    kind = BY_NAME[question.type]
    values = {
        "number": asked.number,
        "of": asked.of,
        "label": asked.label,
        "hint": asked.hint,
        "notes": asked.notes,
        "required": asked.required,
        "answer": kind.show(question, asked.value, interview.language) if asked.value else "",
    }
    row = turn.questionnaire.items.index(question) + 1
    options = (*_choices(turn, asked, row), *_asides(turn, asked, row, interview))
    most = len(asked.choices) if kind.offers == "several" else 1
    return Say(kind.prompt(question), values, options, asks=question.type == "text", most=most)


def _choices(turn: _Turn, asked: Asked, row: int) -> tuple[Option, ...]:
    if asked.question.type == "acknowledge":
        return (Option(f"answer {turn.token} {row} 1", key="surveys.read"),)
    several = BY_NAME[asked.question.type].offers == "several"
    found = []
    for place, choice in enumerate(asked.choices, 1):
        payload = f"answer {turn.token} {row} {place}"
        if several and choice.chosen:
            found.append(Option(payload, key="surveys.ticked", values={"label": choice.label}))
        else:
            found.append(Option(payload, text=choice.label))
    if several:
        found.append(Option(f"answer {turn.token} {row} done", key="surveys.done", aside=True))
    return tuple(found)


def _asides(turn: _Turn, asked: Asked, row: int, interview: Interview) -> tuple[Option, ...]:
    found = []
    if asked.number > 1:
        found.append(Option(f"answer {turn.token} {row} back", key="surveys.back", aside=True))
    if not asked.required or asked.value:
        found.append(Option(f"answer {turn.token} {row} skip", key="surveys.keep" if asked.value else "surveys.skip", aside=True))
    found.append(Option(f"answer {turn.token} pause", key="surveys.pause", aside=True))
    if interview.tries >= _HELP_AFTER:
        found.append(Option("human", key="surveys.human", aside=True))
    return tuple(found)


def lines(review: Review) -> tuple[dict[str, object], ...]:
    """The reading back; a date comes as a day, so that it is written as this reader writes days."""
    return tuple(
        {
            "number": line.number,
            "label": line.label,
            "answer": line.answer,
            "day": date.fromisoformat(line.value) if line.question.type == "date" and line.value else None,
        }
        for line in review.lines
    )


def _changing(turn: _Turn) -> Step:
    """Which answer is to be changed? Every question is a button, and its number counts."""
    instance = interviews.reckon(turn.questionnaire, turn.interview, turn.now)
    options = []
    for question in interviews.asked(turn.questionnaire, instance):
        row = turn.questionnaire.items.index(question) + 1
        options.append(Option(f"answer {turn.token} {row} again", text=instance.text(question.label, turn.interview.language)))
    back = Option(f"answer {turn.token} review", key="surveys.keep", aside=True)
    return Step(turn.interview, (), (Say("surveys.which", {}, (*options, back)),))
