"""How much, as people write and say it: 三百五, 两个, 3个人, 12岁, 89.5平, 三块五, 1.5万. Exact, or asked back; never guessed."""

from __future__ import annotations

import re
from decimal import Decimal

from dialogue.numerals import fold, number
from surveys.question_types.contract import Invalid

_HAN = "零〇一壹二两贰三叁四肆五伍六陆七柒八捌九玖十拾百佰千仟万亿廿卅"
_LEAD = "(?:我们家?|咱们?家?|我家?|家里|家中|今年|现在|已经|大概|大约|约|差不多|一共|总共|共|合计|有|是|就|满|住了|用了)"
_TAIL = "(?:左右|上下|的样子|吧|呀|了|的|啊|哦|呢|整)"
_MEASURE = (
    "平方米|平方|平米|公斤|公里|小时|分钟|单元|号楼|m2|[a-z]{1,2}|%|"
    "[个人口位名户家岁年月天日周次回遍间套层栋幢楼号辆台只条张件块元角分毛斤米平度两级步场顿盏棵]"
)
_UNIT = f"(?:{_MEASURE})"
_NOUN = "(?:[^\\W\\d_也没不无未都才就还又多少几来半" + _HAN + "]{1,4})"  # 3个孩子, 两辆电动车; not 一个也没有
_AMOUNT = re.compile(
    rf"{_LEAD}{{0,4}}(?P<sign>-|负|零下)?"
    rf"(?P<whole>[0-9{_HAN}]+)(?:[.点](?P<part>[0-9零〇一二三四五六七八九]+))?(?P<times>[百千万亿])?"
    rf"(?:{_UNIT}(?:(?P<half>半)|(?<=[块元米])(?P<tenths>[0-9一二三四五六七八九])[毛角]?)?(?:{_UNIT}|(?<=[个口位名只辆台]){_NOUN})?)?"
    rf"{_TAIL}{{0,3}}"
)
_HALF = re.compile(rf"{_LEAD}{{0,4}}半{_UNIT}{_TAIL}{{0,3}}")
_VAGUE = re.compile(rf"[{_HAN}0-9][多几来]|几[{_HAN}个]|不到|不足|以上|以下|以内|超过|至少|最多|好几|若干")
_NONE = re.compile(
    rf"(?:我们?家?|家里)?(?:都|也|还|暂时|现在)?(?:没有?|无|冇)(?:人|老人|孩子|小孩|了|的|呢|啊|呀|吧|哦)?|一{_UNIT}(?:都|也)没有?|none|no"
)
_LONGEST = 40  # characters; whoever writes more says more than one number
_TIMES = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_MOST = Decimal(10) ** 15


def none(text: str) -> bool:
    """没有, 无, 一个也没有: said of a count it is 0."""
    return _NONE.fullmatch(re.sub(r"[\s。.!！~,，、]", "", fold(text)).casefold()) is not None


def read_amount(text: str) -> Decimal | Invalid:
    """The amount that was said. `not_exact` for 三十多 and 两三个, `not_a_number` for anything that is not one amount."""
    said = re.sub(r"(?<=[0-9])[,，](?=[0-9]{3}(?![0-9]))|(?<![0-9])\s+|\s+(?![0-9])", "", fold(text).casefold()).strip("。.!！~,，、")
    said = said.replace("俩", "两个").replace("仨", "三个")
    if _VAGUE.search(said):
        return Invalid("not_exact", {"said": text.strip()[:40]})
    if _HALF.fullmatch(said):
        return Decimal("0.5")
    found = _AMOUNT.fullmatch(said)
    if not found or len(said) > _LONGEST:
        return Invalid("not_a_number", {"said": text.strip()[:40]})
    if re.fullmatch("[一二两三四五六七八九]{2,}", found["whole"]) and not found["part"]:
        return Invalid("not_exact", {"said": text.strip()[:40]})  # 两三个, 七八次: somewhere between
    whole = number(found["whole"])
    if whole is None:
        return Invalid("not_a_number", {"said": text.strip()[:40]})
    amount = (Decimal(whole) + _part(found)) * _TIMES.get(found["times"] or "", 1)
    if abs(amount) >= _MOST:
        return Invalid("too_big")
    return -amount if found["sign"] else amount


def _part(found: re.Match[str]) -> Decimal:
    """What comes after the point: 点五, 两个半, 三块五."""
    if found["half"]:
        return Decimal("0.5")
    digits = "".join(str(number(d)) for d in found["part"] or found["tenths"] or "")
    return Decimal(f"0.{digits or 0}")


def written(amount: Decimal) -> str:
    """An amount as an XForm stores it: no exponent, no zeros behind the point."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
