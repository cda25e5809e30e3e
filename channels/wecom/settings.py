"""What this door is built from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

NAME = "wecom"
PATH = "/hook/wecom"
GROUP = "appchat:"  # before the chatid in the address of a group the application made
CUSTOMERS = "customers:"  # before the chat_id in the address of a 客户群

Words = Callable[[str], Mapping[str, str]]  # texts/<language>/wecom.toml by language tag, "" is Chinese


@dataclass(frozen=True, slots=True)
class Settings:
    """`[channels.wecom]`, the public address of this installation, and the words of this door."""

    corp_id: str
    agent_id: int
    secret: str = field(repr=False)
    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    public_url: str
    words: Words
    api_base: str = "https://qyapi.weixin.qq.com"
    oauth_base: str = "https://open.weixin.qq.com"
