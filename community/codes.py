"""Codes people type, say or read aloud: 8 digits written 1234 5678, the last a check digit, so that a slip is noticed at once.

The check digit is Damm's: it catches every wrong digit and every two neighbours changed round.
"""

from __future__ import annotations

from dialogue.numerals import digits

LENGTH = 8
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def check_digit(body: str) -> str:
    """The digit to put behind these digits."""
    interim = 0
    for digit in body:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def complete(body: str) -> str:
    """A whole code from its first seven digits, which the caller draws at random."""
    if len(body) != LENGTH - 1 or not (body.isascii() and body.isdigit()):
        raise ValueError("seven digits make a code")
    return body + check_digit(body)


def valid(code: str) -> bool:
    """Whether these are eight digits whose last one fits the others."""
    return len(code) == LENGTH and code.isascii() and code.isdigit() and check_digit(code) == "0"


def parse(text: str) -> str | None:
    """The code somebody typed or said (1234-5678, １２３４　５６７８, 幺二三四五六七八); None if it is none."""
    said = digits(text)
    return said if valid(said) else None


def spoken(code: str) -> str:
    """As it is written on a slip: 1234 5678."""
    return f"{code[:4]} {code[4:]}"
