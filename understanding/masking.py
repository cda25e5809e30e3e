"""Personal data is covered before others may read a message: telephone, identity and card numbers, plates, rooms, names.

The result is as long as what was typed: every covered sign becomes one *. What merely has many digits (order numbers, prices,
dates, areas) stays. Sources: the community's masks (张*, 138****8000, a room stops at its 单元) and PIPL art. 25.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from dialogue.numerals import narrow

_SPOKEN = str.maketrans("零〇一幺二三四五六七八九", "001123456789")
_SEP = r"[ \-—_.·]?"
_NOT_IN_NUMBER = r"(?<![0-9])(?<![0-9][.\-])"
_PHONE = re.compile(rf"{_NOT_IN_NUMBER}(?:\+?86{_SEP})?(?P<n>1{_SEP}[3-9](?:{_SEP}[0-9]){{9}})(?![0-9])")
_LANDLINE = re.compile(r"(?<![0-9])(?:\(?0(?:10|2[0-9]|[3-9][0-9]{2})\)?[ \-]?)(?P<n>[2-9][0-9]{2,3}[ \-]?[0-9]{4})(?![0-9])")
_ID = re.compile(r"(?<![0-9])(?P<n>[1-9](?:[ \-]?[0-9]){16}[ \-]?[0-9xX*])(?![0-9])")
_CARD = re.compile(r"(?<![0-9])(?P<n>[3-6][0-9](?:[ \-]?[0-9]){13,17})(?![0-9])")
_PROVINCES = {
    11,
    12,
    13,
    14,
    15,
    21,
    22,
    23,
    31,
    32,
    33,
    34,
    35,
    36,
    37,
    41,
    42,
    43,
    44,
    45,
    46,
    50,
    51,
    52,
    53,
    54,
    61,
    62,
    63,
    64,
    65,
    71,
    81,
    82,
    83,
}
_ABOUT_ID = re.compile(r"身份证|证件号|身份号")
_ABOUT_CARD = re.compile(r"银行|卡号|账号|储蓄|信用卡|工资卡|存折|打到|打款|转账")
_ABOUT_ORDER = re.compile(r"订单|单号|运单|流水|编号|工单|快递|发票|合同|序列号|案号|追溯")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z][ ·•.\-]?"
    r"(?P<n>(?=[A-Za-z]{0,4}[0-9])[A-Za-z0-9]{4,5}[A-Za-z0-9学警挂港澳领])(?![A-Za-z0-9])"
)
_HANDLE = re.compile(
    r"(?:微信号?|威信|薇信|(?<![a-z])v信|(?<![a-z])vx|(?<![a-z])wx|wechat|抖音号?)(?:id)?(?:号)?\s*(?:是|为|:|=)?\s*(?P<n>[a-z][a-z0-9_\-]{5,19})(?![a-z0-9])"
    r"|(?:qq|扣扣|企鹅)(?:号码?)?\s*(?:是|为|:|=)?\s*(?P<q>[1-9][0-9]{4,11})(?![0-9])",
    re.IGNORECASE,
)
_MAIL = re.compile(r"(?<![\w.])(?P<n>[A-Za-z0-9][\w.+\-]{0,40})@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+", re.ASCII)
_ROOM_NUMBER = r"(?:[0-9]{3,4}|[1-9]百[零0]?[1-9]?十?[0-9]?)"
_ROOMS = (
    re.compile(
        r"(?:号楼|号院|栋|幢|座|单元|[0-9]#|[0-9]号(?!院|楼)|楼(?=[0-9]{3,4}(?:室|房|户)))[ \-,]?"
        rf"(?P<n>{_ROOM_NUMBER})(?![0-9个元块人次平米㎡度年月天分点])"
    ),
    re.compile(r"单元[ ]?(?P<n>[0-9十]{1,3}(?:楼|层)[东西南北中左右]?(?:户|边户|边|门|手边?|首)?)"),
    re.compile(rf"(?<![0-9])(?P<n>{_ROOM_NUMBER})(?=(?:室|房间|号房|户的|户主|户家|住户))"),
    re.compile(r"(?<![0-9\-.:/])[0-9]{1,3}-[0-9]{1,2}-(?P<n>[0-9]{3,4})(?![0-9\-.:/])"),
    re.compile(r"(?<![0-9\-.:/])[0-9]{1,2}-(?P<n>[1-9][0-9]?0[1-9])(?![0-9\-.:/元块人个分平米㎡点年月日页%号度])"),
)
_SURNAMES = (
    "[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦马苗方俞任袁柳史唐费薛雷贺倪汤滕罗毕郝安常傅卞齐康余顾孟黄穆萧尹"
    "姚邵汪毛狄臧戴宋庞熊纪舒屈项祝董梁杜阮蓝季贾江童颜郭梅盛林钟徐邱骆高夏蔡田樊胡凌霍万柯管卢莫房裘解应宗丁宣邓单杭洪包左石崔吉龚程邢裴陆荣翁荀甄曲封储靳段焦侯宓全班仰秋仲"
    "伊宫宁仇栾甘武符刘景詹龙叶幸司黎薄白蒲赖卓蔺屠池乔闻党翟谭贡申冉牛边燕冀尚农温庄晏柴瞿阎连习艾容向古易廖耿关匡文寇欧聂曾沙丰游权肖涂闫付兰于代]"
)
_SAID_NAME = re.compile(
    rf"(?:我叫|姓名(?:是|:|为)?|名字(?:是|叫|:)|联系人(?:是|:|为)?|户主(?:是|:|为)?|业主(?:是|:|为)|本人)\s*(?P<n>{_SURNAMES}[\u4e00-\u9fff]{{1,2}})(?![\u4e00-\u9fff])"
)
_TITLES = re.compile(r"(?:师傅|阿姨|奶奶|爷爷|大爷|大妈|老师|先生|女士|主任|书记|医生|经理|警官|姐|哥|叔|婶|伯|总|工|姨)\Z")
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐", "长孙", "宇文", "夏侯", "南宫")


def mask(text: str, names: Iterable[str] = ()) -> str:
    """The message as neighbours may read it. `names`: people known to the caller (the roll, the author), covered wherever they stand."""
    said = narrow(text)
    shown = list(text)
    for place in _covered(said):
        shown[place] = "*"
    for name in sorted({narrow(n).strip() for n in names}, key=len, reverse=True):
        if len(name) > 1:
            for found in re.finditer(re.escape(name), said):
                _name(shown, found.start(), found[0])
    for found in _SAID_NAME.finditer(said):
        if not _TITLES.search(found["n"]):
            _name(shown, found.start("n"), found["n"])
    return "".join(shown)


def kinds(text: str) -> list[tuple[str, int, int]]:
    """What personal data stands in a text: (identity | card | phone | plate | handle | mail | room, from, to), by place; none twice."""
    found: list[tuple[str, int, int]] = []
    for kind, start, end in _hits(narrow(text)):
        if not any(start < e and b < end for _, b, e in found):
            found.append((kind.name, start, end))
    return sorted(found, key=lambda hit: hit[1])


def _covered(said: str) -> Iterable[int]:
    """The places of letters and figures that find a person; spaces and dashes between them stay where they are."""
    for kind, start, end in _hits(said):
        places = [i for i in range(start, end) if said[i].isalnum() or said[i] == "_"]
        yield from places[kind.first : len(places) - kind.last]


def _hits(said: str) -> Iterator[tuple[_Kind, int, int]]:
    """Where which kind stands: in figures as they are, and with spoken ones as figures (else 张三 340102… would begin with a 3)."""
    for kind in _KINDS:
        for figures in dict.fromkeys((said, said.translate(_SPOKEN))):
            for found in kind.pattern.finditer(figures):
                if kind.certain(figures, found):
                    yield kind, *found.span(found.lastgroup or "n")


def _name(shown: list[str], start: int, name: str) -> None:
    """张三 -> 张*, 王小明 -> 王*明, 欧阳娜娜 -> 欧阳*娜; other names keep their first sign."""
    han = all("\u4e00" <= c <= "\u9fff" for c in name)
    first = 2 if name.startswith(_COMPOUND) or (han and len(name) == 4) else 1
    last = 1 if han and len(name) > first + 1 else 0
    for place in range(start + first, start + len(name) - last):
        if shown[place] not in " ·":
            shown[place] = "*"


def _before(said: str, place: int) -> str:
    return said[max(0, place - 10) : place]


def _is_id(said: str, found: re.Match[str]) -> bool:
    """Shaped like an identity number: province, birthday. The checksum does not decide: a slip of the finger is personal too."""
    figures = re.sub(r"[ \-]", "", found["n"])
    if _ABOUT_ID.search(_before(said, found.start())):
        return True
    year, month, day = int(figures[6:10]), int(figures[10:12]), int(figures[12:14])
    return int(figures[:2]) in _PROVINCES and 1900 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31


def _is_card(said: str, found: re.Match[str]) -> bool:
    """A bank card: the checksum fits, or the words before it say so; an order number is none."""
    figures = re.sub(r"[ \-]", "", found["n"])
    before = _before(said, found.start())
    if _ABOUT_ORDER.search(before):
        return False
    return _luhn(figures) or _ABOUT_CARD.search(before) is not None


def _luhn(figures: str) -> bool:
    doubled = (int(c) * (1 + i % 2) for i, c in enumerate(reversed(figures)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _is_phone(said: str, found: re.Match[str]) -> bool:
    """Together, in the usual groups, or sign by sign; 13.50 2026 11 is no telephone number."""
    groups = [len(g) for g in re.split(r"[^0-9]+", found["n"])]
    return (
        len(groups) == 1 or groups in ([3, 4, 4], [3, 8], [7, 4], [3, 3, 5], [4, 3, 4], [3, 4, 2, 2], [3, 2, 2, 2, 2]) or set(groups) == {1}
    )


def _always(said: str, found: re.Match[str]) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of personal data: how it looks, what may stay of it at either end, and when it is really that."""

    name: str
    pattern: re.Pattern[str]
    first: int = 0
    last: int = 0
    certain: Callable[[str, re.Match[str]], bool] = _always


_KINDS = (
    _Kind("identity", _ID, 1, 1, _is_id),
    _Kind("card", _CARD, 0, 4, _is_card),
    _Kind("phone", _PHONE, 3, 4, _is_phone),
    _Kind("phone", _LANDLINE, 0, 2),
    _Kind("plate", _PLATE),
    _Kind("handle", _HANDLE, 1),
    _Kind("mail", _MAIL, 1),
    *(_Kind("room", pattern) for pattern in _ROOMS),
)
