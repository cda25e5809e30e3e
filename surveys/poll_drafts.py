"""发起投票 as it is typed: a title, an option per line, then any of 说明 截止 范围 谁投 公开 最多选 规则 依据 …; every fault at once.

The wizard asks for the same fields one by one; both end in the same draft.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from difflib import get_close_matches
from types import MappingProxyType

from community.areas import Ambiguous, Area, AreaId, resolve
from community.staff import may
from community.times import parse_closing
from dialogue.numerals import NUMBER, fold, number
from dialogue.words import Role
from surveys.polls import Choice, Electorate, Proposal, Secrecy, Stance

USUAL_DAYS = 7  # at the usual hour, 20:00
YES_NO = ("同意", "不同意")
ABSTAIN, NONE_OF_THESE = "弃权", "都不同意"
MOST_OPTIONS, LONGEST_TITLE, LONGEST_OPTION = 20, 60, 60

_FIELDS = {
    "title": ("标题", "title"),
    "options": ("选项", "options"),
    "explanation": ("说明", "about"),
    "closes": ("截止", "截止时间", "closes"),
    "area": ("范围", "where"),
    "electorate": ("谁投", "who"),
    "secrecy": ("公开", "shown"),
    "most": ("最多选", "choose up to"),
    "rule": ("规则", "rule"),
    "basis": ("依据", "basis"),
    "paper": ("纸质票", "paper"),
    "watchers": ("监票", "watchers"),
}
_BY_WORD = {word: name for name, words in _FIELDS.items() for word in words}
_LINE = re.compile(rf"({'|'.join(sorted(_BY_WORD, key=len, reverse=True))})(?:\s*[:：]\s*|\s+)(.*)", re.IGNORECASE)
_MOST = re.compile(rf"(?:最多选|choose up to)\s*[:：]?\s*({NUMBER})\s*(?:项|个)?", re.IGNORECASE)
_MARK = re.compile(r"\s*(?:[-•·*]\s*|[①-⑳]\s*|(?:[0-9]{1,2}|[A-Za-z])\s*[.、)）:：]\s*)(?=\S)")
_ELECTORATES = {"业主": Electorate.OWNERS, "住户": Electorate.HOMES, "每人": Electorate.PEOPLE}
_ELECTORATES |= {e.value: e for e in Electorate} | {"每户": Electorate.HOMES, "户": Electorate.HOMES, "人": Electorate.PEOPLE}
_SECRECIES = {"实名": Secrecy.OPEN, "不公开": Secrecy.PRIVATE, "无记名": Secrecy.SECRET} | {s.value: s for s in Secrecy}
_CONSULTATIVE = ("征求意见", "consultative")
_WHOLE = ("全社区", "整个社区", "本社区", "全体", "all")
_OWN = ("本楼", "本栋", "我们楼", "own")
_SAYS_NO = re.compile(r"^(?:否|反对|no\b|against\b)|^不$|不同意|反对|不赞成|不支持|不需要|不愿|不行|不要|都不", re.IGNORECASE)
_NONE = re.compile(r"(?:以上)?(?:都|全)不(?:同意|要|选|行|可以)")
_OWNERS_DECIDE = ("电梯", "维修资金", "选聘", "解聘", "业委会", "业主委员会", "公共收益", "外墙", "车位")
_OUT = "赶走|撵走|赶出|撵出|轰走|轰出|逼走|开除|驱逐|清退|滚出|扫地出门"
_WHOM = (
    r"[0-9]{3,4}(?![0-9元块年个])|[0-9一二三四五六七八九十]+(?:号楼|栋|单元|室)|租户|租客|住户|业主|邻居|这家|那家|一家|先生|女士|阿姨|老太"
    r"|[老小]?[张王李赵刘陈杨周吴徐孙朱胡郭何罗郑梁谢宋唐许邓韩冯曹彭曾肖董潘袁蔡蒋余杜程魏苏吕丁任沈姚卢姜崔钟谭陆汪范廖贾韦邹孟秦尹薛侯段郝孔邵史顾赖武康贺严钱施洪龚]"
    r"[\u4e00-\u9fff]{0,2}(?:\Z|[,。?!吗的])"
)
_AGAINST = re.compile(rf"(?:{_OUT}).{{0,8}}?(?:{_WHOM})|(?:{_WHOM}|[把将].{{0,4}}[张王李赵刘陈杨周吴徐].{{0,2}}).{{0,8}}?(?:{_OUT})")
_ELECTION = re.compile(
    r"(?:居委会|居民委员会|村委会|村民委员会).{0,6}(?:选举|换届|推选|补选)"
    r"|(?:选举|推选|补选|改选|选).{0,6}(?:居委会|居民委员会|村委会|村民委员会)|换届选举"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What must be put right first: polls.faults says it, with what to write instead."""

    code: str
    line: str = ""
    values: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Draft:
    """A poll before it is published. `area` is an area's id ("" not said yet), `closes_at` None: not said yet."""

    title: str = ""
    options: tuple[str, ...] = ()
    explanation: str = ""
    closes_at: datetime | None = None
    area: str = ""
    electorate: Electorate = Electorate.HOMES
    secrecy: Secrecy = Secrecy.PRIVATE
    most: int = 1
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the draft is written: when, in which community's places, by which offices."""

    now: datetime
    zone: tzinfo
    areas: tuple[Area, ...]
    roles: tuple[Role, ...]

    def own(self) -> str:
        """The one place their offices are for; "" when there are several."""
        mine = {role.area for role in self.roles if may((role,), "newpoll", role.path)}
        return mine.pop() if len(mine) == 1 else ""

    def new(self) -> Draft:
        """A draft with what is usual."""
        return Draft(closes_at=self.in_days(USUAL_DAYS), area=self.own())

    def in_days(self, days: int) -> datetime | None:
        """The usual hour that many days from now."""
        return parse_closing(f"{days}天", self.now, self.zone)


def read(text: str, desk: Desk) -> tuple[Draft, tuple[Fault, ...]]:
    """A whole poll in one message: the draft as far as it could be read, and all that is wrong with it."""
    return amend(desk.new(), text, desk)


def amend(draft: Draft, text: str, desk: Desk) -> tuple[Draft, tuple[Fault, ...]]:
    """The draft with these lines in place of what it had. Lines without a name are title and options, where they are still missing."""
    faults: list[Fault] = []
    plain: list[str] = []
    for line in (line.strip() for line in text.split("\n")):
        name, words = _field(line, desk)
        if name:
            draft = put(draft, name, words, desk, faults)
        elif line:
            plain.append(line)
    if plain and not draft.title:
        draft = put(draft, "title", plain.pop(0), desk, faults)
    if plain:
        draft = put(draft, "options", "\n".join(plain), desk, faults)
    return draft, (*faults, *wrong_with(draft))


def put(draft: Draft, name: str, words: str, desk: Desk, faults: list[Fault]) -> Draft:
    """One field of the draft set from its words; a fault is added where they cannot be."""
    said = fold(words)
    if not said:
        faults.append(Fault("empty", name))
        return draft
    match name:
        case "title":
            return replace(draft, title=" ".join(words.split()))
        case "explanation":
            return replace(draft, explanation=words.strip())
        case "basis":
            return replace(draft, basis=words.strip())
        case "options":
            return replace(draft, options=_options(words))
        case "closes":
            button = re.fullmatch(r"([0-9]+)d", said)
            closes_at = desk.in_days(int(button[1])) if button else parse_closing(words, desk.now, desk.zone)
            return _set(draft, faults, Fault("closes", words), closes_at=closes_at)
        case "area":
            return _area(draft, words, desk, faults)
        case "electorate":
            return _set(draft, faults, Fault("electorate", words), electorate=_ELECTORATES.get(said.lower()))
        case "secrecy":
            return _secrecy(draft, words, faults)
        case "most":
            most = number(re.sub(r"[项个]$", "", said))
            return _set(draft, faults, Fault("most", words), most=most if most and most > 0 else None)
    if not (name == "rule" and said.lower() in _CONSULTATIVE):
        faults.append(Fault(name, words))
    return draft


def names_a_field(text: str, desk: Desk) -> bool:
    """Whether any line says itself which field it is for (截止 周日)."""
    return any(_field(line.strip(), desk)[0] for line in text.split("\n"))


def missing(draft: Draft) -> str:
    """The first field nobody can do without that is still open; "" when it can be shown."""
    if not draft.title:
        return "title"
    return "options" if not draft.options else "area" if not draft.area else ""


def proposal(draft: Draft) -> Proposal:
    """The text put to the vote: with 都不同意 where no option says no, and always with 弃权."""
    texts = [(text, _stance(text)) for text in draft.options]
    if not any(stance is Stance.NONE_OF_THESE or _says_no(text, draft.options) for text, stance in texts):
        texts.append((NONE_OF_THESE, Stance.NONE_OF_THESE))
    if not any(stance is Stance.ABSTAIN for _, stance in texts):
        texts.append((ABSTAIN, Stance.ABSTAIN))
    choices = tuple(Choice(place, text, stance) for place, (text, stance) in enumerate(texts, 1))
    return Proposal(draft.title, choices, draft.explanation, draft.most, draft.basis)


def owners_decide(title: str) -> bool:
    """Whether this is what the Civil Code, article 278, leaves to all owners: then a poll is for advice only, and says so."""
    return any(word in fold(title) for word in _OWNERS_DECIDE)


def is_election(title: str) -> bool:
    """An election of the 居委会 has its own law and urn: never here (civic.md §2.5)."""
    return _ELECTION.search(fold(title)) is not None


def against_a_person(draft: Draft) -> bool:
    """Whether neighbours are to vote on turning somebody out: a person or a home is never put to the vote."""
    return any(_AGAINST.search(fold(text)) for text in (draft.title, *draft.options))


def _field(line: str, desk: Desk) -> tuple[str, str]:
    """Which field a line is for, and its words; ("", "") for a title or an option."""
    if most := _MOST.fullmatch(fold(line)):
        return "most", most[1]
    if found := _LINE.fullmatch(line):
        return _BY_WORD[found[1].lower()], found[2]
    if line.lower() in _BY_WORD:
        return _BY_WORD[line.lower()], ""
    if line.startswith("截止") and parse_closing(line, desk.now, desk.zone):
        return "closes", line
    return "", ""


def _set(draft: Draft, faults: list[Fault], fault: Fault, **change: object) -> Draft:
    if None in change.values():
        faults.append(fault)
        return draft
    return replace(draft, **change)  # type: ignore[arg-type]


def _options(words: str) -> tuple[str, ...]:
    if words == "yes_no":  # a button's
        return YES_NO
    lines = words.split("\n")
    if len(lines) == 1:
        lines = re.split(r"[、，,;；/]", lines[0])
    return tuple(text for line in lines if (text := " ".join(_MARK.sub("", line, count=1).split())))


def _secrecy(draft: Draft, words: str, faults: list[Fault]) -> Draft:
    found = _SECRECIES.get(fold(words).lower())
    if found is Secrecy.SECRET:
        faults.append(Fault("secret", words))
        return draft
    return _set(draft, faults, Fault("secrecy", words), secrecy=found)


def _area(draft: Draft, words: str, desk: Desk, faults: list[Fault]) -> Draft:
    found = _place(fold(words), desk)
    if isinstance(found, Ambiguous):
        faults.append(Fault("area_several", words, {"places": "、".join(a.path for a in found.areas[:5])}))
    elif found is None:
        near = get_close_matches(words, [a.name for a in desk.areas if a.name], n=1, cutoff=0.5)
        faults.append(Fault("area", words, {"nearest": near[0] if near else ""}))
    elif not may(desk.roles, "newpoll", found.path):
        faults.append(Fault("area_not_yours", words))
    else:
        return replace(draft, area=found.id)
    return draft


def _place(said: str, desk: Desk) -> Area | Ambiguous | None:
    by_id = {area.id: area for area in desk.areas}
    if said in by_id:  # a button carries the id
        return by_id[AreaId(said)]
    if said in _OWN and desk.own():
        return by_id[AreaId(desk.own())]
    if said in _WHOLE:
        return next((area for area in desk.areas if not area.path), None)
    return resolve(said, desk.areas, AreaId(desk.own()) if desk.own() else None)


def wrong_with(draft: Draft) -> Sequence[Fault]:
    """What is wrong with the draft as a whole; what is merely missing is asked for instead."""
    faults = []
    if len(draft.title) > LONGEST_TITLE:
        faults.append(Fault("title_long", draft.title, {"most": LONGEST_TITLE}))
    real = [text for text in draft.options if not _stance(text)]
    if draft.options and len(real) < 2:
        faults.append(Fault("options_few"))
    if len(draft.options) > MOST_OPTIONS:
        faults.append(Fault("options_many", values={"most": MOST_OPTIONS}))
    plain = [fold(text).lower() for text in draft.options]
    if len(set(plain)) < len(plain):
        faults.append(Fault("options_twice", next(text for text in draft.options if plain.count(fold(text).lower()) > 1)))
    faults += [Fault("option_long", text, {"most": LONGEST_OPTION}) for text in draft.options if len(text) > LONGEST_OPTION]
    if draft.options and draft.most > max(len(real), 1):
        faults.append(Fault("most_more", str(draft.most), {"most": len(real)}))
    return faults


def _says_no(text: str, options: Sequence[str]) -> bool:
    """反对, 不需要; also 不装 beside 加装, but not 不锈钢: one 都不同意 too many harms nobody, one too few does."""
    said = fold(text)
    other = said[1:] if said.startswith(("不", "没")) else ""
    return _SAYS_NO.search(said) is not None or bool(other and any(other in fold(o) for o in options if o != text))


def _stance(text: str) -> Stance:
    said = fold(text)
    if said == ABSTAIN:
        return Stance.ABSTAIN
    return Stance.NONE_OF_THESE if _NONE.fullmatch(said) else Stance.PLAIN
