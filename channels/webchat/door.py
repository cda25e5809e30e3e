"""Who stands at the web chat's door: the signed cookie, the demonstration's cast, foreign pages, and too much at once."""

from __future__ import annotations

import ipaddress
import math
import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from aiohttp import web
from itsdangerous import BadData, URLSafeSerializer
from throttled.asyncio import MemoryStore, RateLimiterType, Throttled, rate_limiter

from channels.contract import Rate
from channels.webchat.ports import Person, Settings

COOKIE = "mulin_chat"
COOKIE_AGE = 400 * 24 * 3600  # the longest that browsers allow; renewed at every visit
KNOWN_PEOPLE = 20_000  # how many the limiter remembers


@dataclass(frozen=True, slots=True)
class Guest:
    """Who speaks on this page. `person` is set for somebody of the demonstration's cast."""

    address: str
    person: Person | None = None
    language: str = ""  # chosen by `?lang=`; "" is Chinese

    @property
    def name(self) -> str:
        return self.person.name if self.person else ""

    def may_enter(self, room: str) -> bool:
        """Only members read and write in a group."""
        return self.person is not None and room in self.person.rooms


class Door:
    """Tells who somebody is, and turns away who may not come in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._signer = URLSafeSerializer(settings.secret_key, salt="webchat-address")
        self._home = urlsplit(settings.public_url)
        self._cast = {p.address: p for p in settings.demo.people} if settings.demo else {}
        self._people = _throttle(settings.per_person)
        self._places = _throttle(settings.per_ip)

    def guest(self, request: web.Request) -> Guest | None:
        """A resident stays the same person on this browser for as long as the cookie lives; None: not known here.

        `?as=NAME` chooses one of the cast and is refused (403) where there is no demonstration or no such person.
        """
        language = request.query.get("lang", "")
        if "as" in request.query:
            person = self._cast.get(f"demo:{request.query['as']}")
            if person is None:
                raise web.HTTPForbidden
            return Guest(person.address, person, language)
        try:
            address = self._signer.loads(request.cookies.get(COOKIE, ""))
        except BadData:
            return None
        return Guest(str(address), language=language)

    def welcome(self, request: web.Request, response: web.Response) -> None:
        """Whoever opens the page is given a random address; who has one keeps it."""
        guest = self.guest(request)
        if guest is not None and guest.person is not None:
            return
        address = guest.address if guest else f"w:{secrets.token_urlsafe(15)}"
        response.set_cookie(
            COOKIE,
            self._signer.dumps(address),
            max_age=COOKIE_AGE,
            httponly=True,
            samesite="Lax",
            secure=self._home.scheme == "https",
        )

    def check_origin(self, request: web.Request) -> None:
        """Another site's page may not speak in a resident's name (403). Programs without a browser send no Origin."""
        origin = request.headers.get("Origin")
        if origin is None:
            return
        try:
            came = urlsplit(origin)
        except ValueError:
            raise web.HTTPForbidden from None
        if (came.scheme, came.netloc) == (self._home.scheme, self._home.netloc):
            return
        if loopback(self._home.hostname) and loopback(came.hostname) and came.netloc == request.host:
            return
        raise web.HTTPForbidden

    async def wait(self, address: str, request: web.Request) -> int:
        """Seconds until this person may say the next thing; 0: now. Counts as one."""
        return max(await _ask(self._people, address), await self.wait_place(request))

    async def wait_place(self, request: web.Request) -> int:
        """The same for everybody who shares one address of the internet."""
        return await _ask(self._places, came_from(request))


def came_from(request: web.Request) -> str:
    """The reader's internet address; behind a proxy on this machine the one that the proxy adds last."""
    remote = request.remote or "local"
    forwarded = request.headers.get("X-Forwarded-For", "")
    return forwarded.rsplit(",", 1)[-1].strip() if forwarded and loopback(remote) else remote


def loopback(host: str | None) -> bool:
    """Only this machine can reach that address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _throttle(rate: Rate) -> Throttled:
    quota = rate_limiter.per_duration(timedelta(seconds=rate.seconds), rate.count, burst=rate.count)
    return Throttled(using=RateLimiterType.GCRA.value, quota=quota, store=MemoryStore(options={"MAX_SIZE": KNOWN_PEOPLE}))


async def _ask(throttle: Throttled, key: str) -> int:
    result = await throttle.limit(key)
    return math.ceil(result.state.retry_after) if result.limited else 0
