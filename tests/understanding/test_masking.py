"""What neighbours may read of a message: nothing that finds a person, and everything else as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.masking import mask

COVERED = [
    # telephones
    ("我电话13800138000", "我电话138****8000"),
    ("电话：１３８００１３８０００", "电话：１３８****８０００"),
    ("138 0013 8000 找我", "138 **** 8000 找我"),
    ("138-0013-8000", "138-****-8000"),
    ("+86 13912345678", "+86 139****5678"),
    ("8613912345678", "86139****5678"),
    ("1 3 8 0 0 1 3 8 0 0 0", "1 3 8 * * * * 8 0 0 0"),
    ("打我一三八零零一三八零零零", "打我一三八****八零零零"),
    ("幺三九 一二三四 五六七八", "幺三九 **** 五六七八"),
    ("0566-2345678", "0566-*****78"),
    ("(010)62345678 转前台", "(010)******78 转前台"),
    ("座机 021 6234 5678", "座机 021 **** **78"),
    ("联系13800138000或13900139000", "联系138****8000或139****9000"),
    # identity numbers, also with a wrong checksum
    ("身份证11010119900307123X", "身份证1****************X"),
    ("110101199003071234", "1****************4"),
    ("110101 19900307 1234", "1***** ******** ***4"),
    ("我的身份证号是１１０１０１１９９００３０７１２３ｘ", "我的身份证号是１****************ｘ"),
    ("身份证 999999202513991234", "身份证 9****************4"),
    # bank cards
    ("卡号6222020200112233445", "卡号***************3445"),
    ("打到 6217 0012 3456 7890 128", "打到 **** **** **** ***0 128"),
    ("4111111111111111", "************1111"),
    # plates
    ("皖R12345停在通道", "皖R*****停在通道"),
    ("皖R·D12345 挡路", "皖R·****** 挡路"),
    ("车牌沪a8b123", "车牌沪a*****"),
    ("京A1234学", "京A*****"),
    # WeChat, QQ, mail
    ("加我微信 zhang_san88", "加我微信 z**********"),
    ("vx:abc12345", "vx:a*******"),
    ("QQ 123456789", "QQ 1********"),
    ("扣扣号是10001", "扣扣号是1****"),
    ("发到 zhangsan@qq.com", "发到 z*******@qq.com"),
    # rooms stop at the 单元
    ("3号楼2单元502漏水", "3号楼2单元***漏水"),
    ("3号楼2单元502室", "3号楼2单元***室"),
    ("6栋1203室太吵", "6栋****室太吵"),
    ("五号楼一单元302", "五号楼一单元***"),
    ("三号楼二单元五零二", "三号楼二单元***"),
    ("3-2-501的狗", "3-2-***的狗"),
    ("3-502楼上", "3-***楼上"),
    ("12幢 1501", "12幢 ****"),
    ("楼上602室天天跳绳", "楼上***室天天跳绳"),
    ("2单元5楼东户", "2单元****"),
    ("A座1203", "A座****"),
]

STAYS = [
    "订单号202611051234567890",
    "订单号 6222020200112233445 没收到",
    "快递单号 75312345678901",
    "一共12800元",
    "面积89.50平方米，分摊2.35",
    "2026-11-05 08:30-17:30",
    "2026年11月29日20:00截止",
    "投票3号选2",
    "事项45号",
    "3号楼2单元",
    "3号楼的灯坏了",
    "120元一个月，100-150块",
    "共有502人参加",
    "3号楼502人都签了",
    "拨打12345、110、119、120",
    "96110是反诈电话",
    "4008101234",
    "微信群里说的",
    "我叫王师傅来修",
    "12月1日到12月31日",
    "单元门坏了3次",
    "从1到100",
    "第278条",
    "温度36.5",
    "苏B超检查",
    "编号20261105001",
    "两点一刻开会",
    "一楼二楼三楼都停水",
    "",
]


@pytest.mark.parametrize(("typed", "shown"), COVERED, ids=[typed for typed, _ in COVERED])
def test_what_finds_a_person_is_covered(typed: str, shown: str) -> None:
    assert mask(typed) == shown


@pytest.mark.parametrize("typed", STAYS)
def test_what_merely_has_figures_stays(typed: str) -> None:
    assert mask(typed) == typed


@pytest.mark.parametrize(
    ("typed", "names", "shown"),
    [
        ("张三说可以", ["张三"], "张*说可以"),
        ("王小明和张三都在", ["张三", "王小明"], "王*明和张*都在"),
        ("欧阳娜娜家", ["欧阳娜娜"], "欧阳*娜家"),
        ("欧阳锋", ["欧阳锋"], "欧阳*"),
        ("張三說", ["张三"], "張*說"),
        ("买买提·吐尔逊来了", ["买买提·吐尔逊"], "买**·***来了"),
        ("John Smith 说", ["John Smith"], "J*** ***** 说"),
        ("我叫李建国，住这里", [], "我叫李*国，住这里"),
        ("联系人：王芳", [], "联系人：王*"),
        ("张三家3号楼2单元502电话13800138000", ["张三"], "张*家3号楼2单元***电话138****8000"),
        ("一切照旧", ["一"], "一切照旧"),
    ],
)
def test_names_are_covered_as_the_community_does(typed: str, names: list[str], shown: str) -> None:
    assert mask(typed, names) == shown


@given(
    st.text(alphabet=st.sampled_from("0123456789 -零一二三号楼单元室电话张三皖Rx@.微信qqA"), max_size=60), st.sampled_from([(), ("张三",)])
)
def test_places_are_kept_and_covering_twice_changes_nothing_more(typed: str, names: tuple[str, ...]) -> None:
    shown = mask(typed, names)
    assert len(shown) == len(typed)
    assert all(a == b or b == "*" for a, b in zip(typed, shown, strict=True))


def test_a_long_message_costs_little() -> None:
    assert mask("1-" * 5000) == "1-" * 5000
    assert len(mask("3号楼2单元502，" * 1000)) == len("3号楼2单元502，") * 1000
