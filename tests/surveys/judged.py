"""Small questionnaires whose logic is compared with ODK's own engine, and what may be answered in them."""

from __future__ import annotations

from tests.surveys.workbooks import workbook

YES_NO = [["list_name", "name", "label"], ["yn", "yes", "是"], ["yn", "no", "否"]]
THINGS = (("lift", "电梯"), ("shed", "车棚"), ("light", "路灯"), ("none", "没有"))
HEAD = ["type", "name", "label", "required", "relevant", "constraint", "constraint_message", "calculation"]


def _calculate(name: str, calculation: str) -> list[str]:
    return ["calculate", name, "", "", "", "", "", calculation]


DATES = workbook([
    HEAD,
    ["date", "begin", "开始", "yes", "", ". <= today()", "不能在今天以后"],
    ["date", "end", "结束", "", "${begin} != ''", ". >= ${begin}", "结束不能早于开始"],
    ["date", "fixed", "定日", "", "", ". > '2020-01-31' and . < date('2026-01-01')"],
    ["select_one yn", "long", "住得久吗", "", "${end} - ${begin} > 365"],
    _calculate("days", "${end} - ${begin}"),
    _calculate("years", "int((date('2026-11-21') - ${begin}) div 365.25)"),
    _calculate("shown", "format-date(${begin}, '%Y/%n/%e %m-%d %y')"),
    _calculate("later", "if(${begin} = '', '', date(${begin} + 30))"),
    _calculate("same", "if(${begin} = ${end}, 'yes', 'no')"),
    _calculate("before", "${begin} < '2024-02-29'"),
    _calculate("number", "number(${begin}) - number('2019-01-01')"),
    _calculate("decimal", "floor(decimal-date-time(${begin}))"),
    _calculate("text", "concat('从', ${begin}, '到', ${end})"),
], YES_NO)  # fmt: skip

NUMBERS = workbook([
    HEAD,
    ["integer", "a", "甲", "yes", "", ". > 0 and . mod 2 = 0", "要正的双数"],
    ["decimal", "b", "乙", "${a} > 10", "", ". <= ${a} * 1.5"],
    ["integer", "c", "丙", "", "${a} + ${b} > 20 or ${a} = 4"],
    _calculate("sum", "${a} + ${b} + ${c}"),
    _calculate("filled", "coalesce(${a}, 0) + coalesce(${b}, 0)"),
    _calculate("ratio", "${a} div ${b}"),
    _calculate("rest", "${a} mod 3"),
    _calculate("rounded", "round(${b} * 1.005, 2)"),
    _calculate("whole", "round(${b})"),
    _calculate("cut", "int(${b})"),
    _calculate("power", "pow(${a}, 2) - 1"),
    _calculate("third", "0.1 + 0.2"),
    _calculate("nested", "if(${a} > 5, if(${b} > 5, 'both', 'a'), 'none')"),
    _calculate("least", "min(${a}, ${b})"),
    _calculate("most", "max(${a}, ${b})"),
    _calculate("negative", "-${a} * (${b} - 2)"),
    _calculate("big", "${a} * 1000000000"),
    _calculate("chain", "${sum} * 2"),
    _calculate("truth", "${a} = 4"),
])  # fmt: skip

SEVERAL = workbook([
    HEAD,
    ["select_multiple thing", "needs", "需要", "yes", "",
     "count-selected(.) <= 2 and not(selected(., 'none') and count-selected(.) > 1)", "最多两个"],
    ["select_one thing", "first", "最要紧的", "", "count-selected(${needs}) > 1", "selected(${needs}, .)", "要从上面选"],
    ["text", "why", "为什么", "", "selected(${needs}, 'lift') or ${first} = 'shed'"],
    ["note", "told", "您选了${names}"],
    _calculate("how_many", "count-selected(${needs})"),
    _calculate("second", "selected-at(${needs}, 1)"),
    _calculate("names", "join('、', jr:choice-name(selected-at(${needs}, 0), '${needs}'), jr:choice-name(${first}, '${first}'))"),
    _calculate("none", "if(selected(${needs}, 'none'), 0, 1)"),
    _calculate("both", "selected(${needs}, 'lift') and selected(${needs}, 'shed')"),
    _calculate("length", "string-length(${needs})"),
], [["list_name", "name", "label"], *(["thing", *pair] for pair in THINGS)])  # fmt: skip

GROUPS = workbook([
    HEAD,
    _calculate("total", "${inner} + coalesce(${deep}, 0)"),
    ["select_one yn", "asked", "要问吗", "yes"],
    ["begin_group", "outer", "外", "", "${asked} = 'yes'"],
    ["integer", "inner", "里面", "yes"],
    _calculate("doubled", "${inner} * 2"),
    ["begin_group", "nested", "再里面", "", "${inner} > 3"],
    ["integer", "deep", "最里面", "", "", ". < ${doubled}"],
    ["select_one yn", "more", "还有吗", "", "${deep} != ''"],
    ["end_group"],
    ["end_group"],
    ["text", "after", "之后", "", "${deep} > 5 or ${asked} = 'no'"],
    _calculate("blank", "if(${deep} = '', 'blank', 'there')"),
], YES_NO)  # fmt: skip

TEXTS = workbook([
    HEAD,
    ["text", "phone", "电话", "", "", "regex(., '^1[3-9][0-9]{9}$')", "手机号是11位"],
    ["text", "name", "称呼", "yes", "", "string-length(.) >= 2 and string-length(.) <= 10"],
    ["text", "again", "再写一遍", "", "${name} != ''", ". = ${name}", "两遍不一样"],
    _calculate("part", "substr(${phone}, 7)"),
    _calculate("middle", "substr(${phone}, 3, 7)"),
    _calculate("piece", "substring(${phone}, 2, 3)"),
    _calculate("masked", "concat(substr(${phone}, 0, 3), '****', substr(${phone}, 7, 11))"),
    _calculate("has", "contains(${name}, '张')"),
    _calculate("starts", "starts-with(${phone}, '13')"),
    _calculate("neat", "normalize-space(concat('  ', ${name}, '   好 '))"),
    _calculate("swapped", "translate(${phone}, '0123', 'abcd')"),
    _calculate("cut", "concat(substring-before(${phone}, '8'), '|', substring-after(${phone}, '8'))"),
    _calculate("either", "coalesce(${phone}, ${name})"),
    _calculate("is_text", "string(${name}) = ${name}"),
    _calculate("digits", "regex(${phone}, '[0-9]+')"),
])  # fmt: skip

CONDITIONS = workbook([
    ["type", "name", "label::中文 (zh)", "label::English (en)", "required", "relevant", "constraint",
     "constraint_message::中文 (zh)", "calculation"],
    ["select_one yn", "owner", "是业主吗", "An owner?", "yes"],
    ["integer", "age", "年龄", "Age", "${owner} = 'yes'", "", ". >= 0 and . < 130", "请再看一下"],
    ["acknowledge", "sure", "您${age}岁", "You are ${age}", "", "${age} >= 18 and ${owner} != 'no'"],
    ["note", "minor", "请家长来", "Ask a parent", "", "${age} < 18"],
    ["text", "rest", "还有吗", "Anything else?", "true()", "not(${age} < 18) and (${owner} = 'yes' or ${owner} = 'no')"],
    ["hidden", "kept", "", "", "", ""],
    ["calculate", "adult", "", "", "", "", "", "", "if(${age} >= 18, 1, 0)"],
    ["calculate", "known", "", "", "", "", "", "", "${age} != '' and true()"],
    ["calculate", "number_is_text", "", "", "", "", "", "", "${age} = '18'"],
    ["calculate", "neither", "", "", "", "", "", "", "not(${owner} = 'yes') and false()"],
    ["calculate", "counted", "", "", "", "", "", "", "count(${owner}) + boolean(${age})"],
], [["list_name", "name", "label::中文 (zh)", "label::English (en)"], ["yn", "yes", "是", "Yes"], ["yn", "no", "否", "No"]])  # fmt: skip

POOLS = {
    "integer": ("", "0", "1", "4", "5", "6", "12", "18", "70", "-3"),
    "decimal": ("", "0", "0.5", "2.5", "7.25", "18", "100.1"),
    "text": ("", "张三", "李", "13800138000", "23800138000", "13800138000 ", "很长很长很长很长的一句话", "a&b <c>"),
    "date": ("", "2019-05-01", "2024-02-29", "2024-03-01", "2025-12-31", "2020-01-31", "2199-01-01"),
    "acknowledge": ("", "OK"),
}
