"""群机器人 as a channel: posts for a building go into its internal WeCom group by the key of that group's robot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from channels.begun import Begun
from channels.contract import Capabilities, Rate, Rates, SendError, Sent, Take
from channels.tencent.line import Line
from channels.tencent.refusals import Refusal, wecom_verdict
from channels.wecom_robot.render import MAX_MARKDOWN, fits, render
from dialogue.words import Attachment, Rendered

log = structlog.get_logger(__name__)

NAME = "wecom_robot"
PATH = "/cgi-bin/webhook/send"
NO_ROBOT = (93000, 93004)  # the key is wrong, or the robot was taken out or switched off

Finding = tuple[bool, str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Settings:
    """`[channels.wecom_robot]`: area path -> key, or the whole webhook address as the group shows it. A key is a secret."""

    keys: Mapping[str, str] = field(repr=False)
    api_base: str = "https://qyapi.weixin.qq.com"
    everyone: tuple[str, ...] = ()  # words that call the whole group


def address_of(path: str) -> str:
    """The address of a group is its area's path, in other signs: a `/` in an address parts a topic from its group."""
    return path.replace("/", ">")


class Robots:
    """The robots of all groups."""

    name = NAME
    can = Capabilities(buttons=0, max_text=MAX_MARKDOWN // 3, groups=True, pictures=True, first_word=False, hears_groups=False)
    ready = True
    rates = Rates(group=(Rate(15, 60, 4),))

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys = {address_of(path): _key(given) for path, given in settings.keys.items()}
        self._line = Line(settings.api_base)
        self._begun = Begun()
        self.secrets = tuple(key for key in self._keys.values() if key)

    def routes(self, take: Take) -> Sequence[web.RouteDef]:
        """None: nothing comes in."""
        return ()

    async def start(self, take: Take) -> None:
        """Nothing: the groups do not call us."""

    async def stop(self) -> None:
        """Hang up."""
        await self._line.close()

    async def send(self, address: str, words: Rendered, picture: bytes | None = None, key: str = "") -> Sent:
        """Put a post into that group; the platform names it nowhere, so its id is our own. Raises SendError."""
        robot = self._keys.get(address)
        if not robot:
            raise SendError.gone("no robot is configured for this place")
        if picture and not fits(picture):
            log.warning("wecom_robot.picture_left_out", size=len(picture))
        calls = render(words, picture, self._settings.everyone)
        if not calls:
            raise SendError.ours("nothing to say")
        begun = self._begun.take(key, words)
        for i, call in enumerate(calls[begun:], begun):
            try:
                await self._line.json(PATH, {"key": robot}, call)
            except Refusal as r:
                error = wecom_verdict(r)
                error.bulk = False  # every robot has its own limit
                if error.verdict == "retry":
                    self._begun.note(key, words, i)
                raise error from None
        return Sent(key)

    async def fetch(self, attachment: Attachment) -> bytes:
        """Nothing ever came from here."""
        raise SendError.ours("a group robot hears nothing")

    async def check(self) -> list[Finding]:
        """Each robot asked with nothing to say: one that is not there is refused for its key, the others for saying nothing."""
        if not self._keys:
            return [(False, "wecom_robot.no_keys", {})]
        try:
            return [await self._asked(path) for path in self._settings.keys]
        finally:
            await self._line.close()

    async def _asked(self, path: str) -> Finding:
        try:
            await self._line.json(PATH, {"key": self._keys[address_of(path)]}, {})
        except Refusal as r:
            if r.code in NO_ROBOT:
                return False, "wecom_robot.no_robot", {"path": path, "reason": r.reason}
            if not r.code:
                return False, "wecom_robot.unreachable", {"base": self._settings.api_base, "reason": r.reason}
        return True, "wecom_robot.robot", {"path": path}


def _key(given: str) -> str:
    return given.rpartition("key=")[2].partition("&")[0].strip()
