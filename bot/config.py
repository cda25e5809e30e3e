"""config.toml -> frozen settings. An unknown key is an error that names the nearest known one.

Every value can come from the environment as MULIN_<SECTION>__<KEY>, every secret also as <key>_file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

import texts
from bot import misspelt

SECRETS = ("secret_key", "token", "webhook_secret", "secret", "encoding_aes_key", "database_url", "redis_url")


def language() -> str:
    """The operator's language: English only if the machine says so."""
    tag = os.environ.get("MULIN_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return texts.language_of(tag.replace("_", "-")) if tag.startswith("en") else texts.DEFAULT


class ConfigError(Exception):
    """What is wrong in the configuration and where: `faults` are keys of texts/*/command.toml with their values."""

    def __init__(self, *faults: tuple[str, dict[str, object]]) -> None:
        super().__init__("\n".join(dict.fromkeys(texts.render(f"command.{key}", values, language()) for key, values in faults)))


class Section(BaseModel):
    """One table of config.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Community(Section):
    name: str = "幸福里社区"
    timezone: str = "Asia/Shanghai"
    phone: str = ""
    address: str = ""
    office_hours: str = "周一至周五 08:30-17:30"
    official_platform_required: bool = True
    owners_vote_clause: str = ""
    meeting_vote_clause: str = ""
    count_parking: bool = False

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("no such time zone")
        return value


class Server(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8080"
    secret_key: str = ""
    verify_dir: str = "verify"
    icp: str = ""
    police_record: str = ""


class Storage(Section):
    database_url: str = "sqlite:///data/mulin.db"
    redis_url: str = ""


class Quiet(Section):
    from_: time = Field(default=time(21), alias="from")
    to: time = time(8)
    asks_per_week: int = Field(default=2, ge=0)

    @field_validator("from_", "to", mode="before")
    @classmethod
    def _clock(cls, value: Any) -> Any:
        return time.fromisoformat(value) if isinstance(value, str) else value


class Sending(Section):
    second_officer_above: int = 500


Limit = tuple[int, int] | tuple[int, int, int]


class Limits(Section):
    """Ours, below each platform's: [count, seconds], or [count, seconds, how many of them may leave at once]."""

    telegram_overall: Limit = (25, 1)
    telegram_person: Limit = (1, 1)
    telegram_group: Limit = (20, 60)
    webchat_person: Limit = (20, 1)
    wecom_minute: Limit = (20, 60, 9)  # to one member: above 30 a minute WeCom swallows it and says that all is well
    wecom_hour: Limit = (900, 3600, 90)
    wecom_aibot_minute: Limit = (20, 60, 9)  # in one chat, replies and pushes together
    wecom_aibot_hour: Limit = (900, 3600, 90)
    wecom_robot_group: Limit = (15, 60, 4)
    wechat_overall: Limit = (50, 1, 20)
    wechat_kf_overall: Limit = (20, 1, 10)


class WebChat(Section):
    enabled: bool = True


class Telegram(Section):
    enabled: bool = False
    token: str = ""
    api_base: str = "https://api.telegram.org"
    proxy: str = ""
    mode: str = Field(default="webhook", pattern="^(webhook|polling)$")
    webhook_secret: str = ""


class Wecom(Section):
    enabled: bool = False
    corp_id: str = ""
    agent_id: int = 0
    secret: str = ""
    token: str = ""
    encoding_aes_key: str = ""
    api_base: str = "https://qyapi.weixin.qq.com"
    oauth_base: str = "https://open.weixin.qq.com"


class WecomAibot(Section):
    enabled: bool = False
    mode: str = Field(default="socket", pattern="^(socket|callback)$")
    bot_id: str = ""
    secret: str = ""
    bot_name: str = ""
    token: str = ""
    encoding_aes_key: str = ""
    socket_url: str = "wss://openws.work.weixin.qq.com"


class WecomRobot(Section):
    enabled: bool = False
    api_base: str = "https://qyapi.weixin.qq.com"
    keys: dict[str, str] = {}


class WechatTemplates(Section):
    result: str = ""
    progress: str = ""
    notice: str = ""
    ballot: str = ""


class Wechat(Section):
    enabled: bool = False
    app_id: str = ""
    secret: str = ""
    token: str = ""
    encoding_aes_key: str = ""
    original_id: str = ""
    api_base: str = "https://api.weixin.qq.com"
    qr_base: str = "https://mp.weixin.qq.com"
    oauth_base: str = "https://open.weixin.qq.com"
    templates: WechatTemplates = WechatTemplates()


class WechatKf(Section):
    enabled: bool = False
    open_kfid: str = ""
    secret: str = ""
    token: str = ""
    encoding_aes_key: str = ""


class Channels(Section):
    webchat: WebChat = WebChat()
    telegram: Telegram = Telegram()
    wecom: Wecom = Wecom()
    wecom_aibot: WecomAibot = WecomAibot()
    wecom_robot: WecomRobot = WecomRobot()
    wechat: Wechat = Wechat()
    wechat_kf: WechatKf = WechatKf()


class Config(Section):
    """The whole of config.toml. `folder` is where it stands: paths in it are relative to that."""

    community: Community = Community()
    server: Server = Server()
    storage: Storage = Storage()
    quiet: Quiet = Quiet.model_validate({})
    sending: Sending = Sending()
    limits: Limits = Limits()
    channels: Channels = Channels()
    folder: Path = Path()

    @property
    def database_url(self) -> str:
        """The database, a relative SQLite path made absolute."""
        url = self.storage.database_url
        if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
            return f"sqlite:///{(self.folder / url.removeprefix('sqlite:///')).resolve()}"
        return url


def load(path: Path, environment: dict[str, str] | None = None) -> Config:
    """Read config.toml and what the environment overrides. Raises ConfigError with one sentence."""
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(("no_config", {"file": str(path)})) from None
    except UnicodeDecodeError:
        raise ConfigError(("not_utf8", {"file": str(path)})) from None
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(("bad_toml", {"file": str(path), **misspelt.written(str(fault))})) from None
    return make(values, path.resolve().parent, dict(os.environ) if environment is None else environment, str(path))


def make(values: dict[str, Any], folder: Path, environment: dict[str, str], name: str = "config") -> Config:
    """The settings from a table as it stands in the file. `name` is how faults call the place."""
    if "folder" in values:
        raise ConfigError(("unknown_key", {"file": name, "key": "folder", "near": ""}))
    _overlay(values, environment)
    _read_files(values, folder, name)
    try:
        return Config.model_validate({**values, "folder": folder})
    except ValidationError as faults:
        raise ConfigError(*(_told(fault, name) for fault in faults.errors())) from None


def _overlay(values: dict[str, Any], environment: dict[str, str]) -> None:
    """MULIN_CHANNELS__TELEGRAM__TOKEN=… stands for token in [channels.telegram]."""
    for name, value in environment.items():
        if name.startswith("MULIN_") and "__" in name:
            *sections, key = (part.lower() for part in name.removeprefix("MULIN_").split("__"))
            place = values
            for section in sections:
                place = place.setdefault(section, {})
            place[key] = value


def _read_files(values: dict[str, Any], folder: Path, name: str) -> None:
    """secret_key_file = "…" reads secret_key from that file, without the line break at its end."""
    for key in [k for k in values if k.endswith("_file") and k.removesuffix("_file") in SECRETS]:
        path = folder / values.pop(key)
        try:
            values[key.removesuffix("_file")] = path.read_text("utf-8").strip()
        except OSError as fault:
            raise ConfigError(("no_secret_file", {"file": name, "key": key, "path": str(path), "reason": fault.strerror or ""})) from None
    for value in values.values():
        if isinstance(value, dict):
            _read_files(value, folder, name)


EXPECTED = {"int": "number", "bool": "truth", "string": "words", "time": "clock", "tuple": "limit", "dict": "section", "model": "section"}


def _told(fault: Any, name: str) -> tuple[str, dict[str, object]]:
    """One fault of pydantic's as a sentence of ours: the key, and what was expected there. Never the value: it may be a secret."""
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return "unknown_key", {"file": name, "key": where, "near": misspelt.near(where, keys())}
    limits = fault.get("ctx", {})
    expected = EXPECTED.get(fault["type"].split("_")[0], "other")
    expected = "zone" if where == "community.timezone" else "clock" if where.startswith("quiet.") and expected == "other" else expected
    if where.startswith("limits."):
        where, expected = ".".join(where.split(".")[:2]), "limit"
    told = {"one_of": str(limits.get("pattern", "")).strip("^()$").split("|"), "least": limits.get("ge"), "most": limits.get("le")}
    if "pattern" in limits:
        expected = "one_of"
    elif {"ge", "le"} & set(limits):
        expected = "range"
    return "wrong_value", {"file": name, "key": where, "expected": expected, "reason": fault["msg"], **told}


def _known(section: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key there is, as `section.key`."""
    for key, about in section.model_fields.items():
        shown = about.alias or key
        inner = about.annotation
        yield f"{prefix}{shown}"
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _known(inner, f"{prefix}{shown}.")


def keys() -> tuple[str, ...]:
    """Every key of the configuration, for the test that config.example.toml lists them all."""
    return tuple(key for key in _known(Config) if key != "folder")
