"""What this door is built from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

NAME = "wechat"
PATH = "/hook/wechat"

Words = Callable[[str], Mapping[str, str]]  # texts/<language>/wechat.toml by language tag, "" is Chinese
Menu = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]  # title -> (label, payload) …; three of at most five


@dataclass(frozen=True, slots=True)
class Settings:
    """`[channels.wechat]`, the public address of this installation, the words of this door and the menu below every chat.

    `templates`: result | progress | notice | ballot -> template id, those that are configured.
    """

    app_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    original_id: str
    public_url: str
    words: Words
    templates: Mapping[str, str] = field(default_factory=dict)
    menu: Menu = ()
    api_base: str = "https://api.weixin.qq.com"
    qr_base: str = "https://mp.weixin.qq.com"
    oauth_base: str = "https://open.weixin.qq.com"
