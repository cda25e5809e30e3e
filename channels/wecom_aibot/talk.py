"""What is heard over the long connection: handed to the house, and answered where it was said."""

from __future__ import annotations

import structlog

from channels.contract import Answer, Take, Taken
from channels.tencent.refusals import Refusal
from channels.wecom_aibot.desk import Desk
from channels.wecom_aibot.parse import Body, Ignored, Read, parse
from channels.wecom_aibot.render import render, streamed, tapped, welcome
from channels.wecom_aibot.replies import REUSED
from channels.wecom_aibot.socket import ACK, Socket
from dialogue.words import Inbound, Kind

log = structlog.get_logger(__name__)

EVENT_SECONDS = 5.0  # a greeting or a changed card comes too late after that
LENT_SECONDS = 4.0  # answers are ours for ten seconds; one that is begun later might be said by the outbox too
LOAN = 9.0  # so long a late acknowledgement is waited for: what is given back before is said a second time
AGAIN = 5.0


class Talk:
    """One bot's conversations. `socket` is set once it is there; `closing` ends the waiting for a database that is away."""

    def __init__(self, desk: Desk, take: Take) -> None:
        self._desk = desk
        self._take = take
        self.socket: Socket | None = None
        self.closing = False

    async def heard(self, req_id: str, body: Body) -> None:
        """Take one message or event. Whatever it does, the others are heard."""
        began = self._desk.pace.clock()
        read = parse(body, self._desk.me)
        if isinstance(read, Ignored):
            log.info("wecom_aibot.ignored", why=read.why)
            return
        try:
            self._desk.keep(read.media)
            taken = await self._stored(read.inbound)
            if taken is None or taken.duplicate:  # its first coming was answered, or the outbox answers it
                return
            await self._answered(read, req_id, taken, began)
        except Exception:
            log.exception("wecom_aibot.not_answered")

    async def _stored(self, inbound: Inbound) -> Taken | None:
        """Nobody brings it again: while the database is away it waits here."""
        while not self.closing:
            # what came is not handed on as it stands: addresses of files and answers are in it, which nobody may keep
            taken = await self._take(inbound, b"")
            if taken.stored:
                return taken
            await self._desk.pace.sleep(taken.retry_after or AGAIN)
        log.error("wecom_aibot.lost", kind=inbound.kind)
        return None

    async def _answered(self, read: Read, req_id: str, taken: Taken, began: float) -> None:
        if read.inbound.kind is Kind.CHOICE:
            await taken.given(())  # a tap's own request takes no words
            await self._changed(read.inbound, req_id, taken.alert, began)
        elif read.inbound.kind is Kind.JOINED:
            await taken.given(await self._welcomed(req_id, taken.answers, began))
        else:
            await taken.given([answer.row for answer in taken.answers[: await self._replied(req_id, taken.answers)]])

    async def _changed(self, inbound: Inbound, req_id: str, alert: str, began: float) -> None:
        """The card says what was tapped on it; in a group only that it came, and only to whoever tapped."""
        if not inbound.question or self._desk.pace.clock() - began >= EVENT_SECONDS:
            return
        said = alert if inbound.chat else self._desk.chosen(inbound.question, inbound.choice.split("\n"))
        said = said or str(self._desk.words("")["received"])
        card = tapped(inbound.question, said, self._desk.settings.public_url)
        whose = {"userids": [inbound.address]} if inbound.chat else {}
        await self._said("aibot_respond_update_msg", {"response_type": "update_template_card", "template_card": card, **whose}, req_id)

    async def _welcomed(self, req_id: str, answers: tuple[Answer, ...], began: float) -> list[int]:
        """The greeting carries the first answer; the others follow by themselves."""
        if not answers or answers[0].words.picture or self._desk.pace.clock() - began >= EVENT_SECONDS:
            return []
        first = answers[0]
        body = welcome(first.words, first.key, self._desk.style(first.words))
        if body is None or not await self._said("aibot_respond_welcome_msg", body, req_id, began):
            return []
        self._desk.shown([body])
        return [first.row]

    async def _replied(self, req_id: str, answers: tuple[Answer, ...]) -> int:
        """How many answers were said, from the first. A picture and all behind it leave by themselves, or the order would be lost."""
        began = self._desk.pace.clock()
        for count, answer in enumerate(answers):
            if answer.words.picture or self._desk.pace.clock() - began >= LENT_SECONDS:
                return count
            messages = render(answer.words, answer.key, self._desk.style(answer.words))
            for part, message in enumerate(messages):
                if not await self._said("aibot_respond_msg", streamed(message, f"{answer.key}-{part}"), req_id, began):
                    return count
            self._desk.shown(messages)
        return len(answers)

    async def _said(self, cmd: str, body: Body, req_id: str, lent: float | None = None) -> bool:
        """`lent`: since when the answer in it is ours."""
        assert self.socket is not None
        patience = ACK if lent is None else max(0.0, LOAN - (self._desk.pace.clock() - lent))
        try:
            await self.socket.ask(cmd, body, req_id, patience)
        except Refusal as r:
            log.info("wecom_aibot.refused", cmd=cmd, code=r.code, reason=r.reason)
            return r.code == REUSED
        return True
