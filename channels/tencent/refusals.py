"""What Tencent's refusals mean for whoever waits for the message (facts/wecom.md §4.13)."""

from __future__ import annotations

from channels.contract import SendError

BUSY = -1


class Refusal(Exception):
    """An answer that was no. `code` is errcode, `reason` errmsg; `after` seconds, where the answer named them.

    Code 0: no readable answer came; then `uncertain` tells whether the call may have had its effect.
    """

    def __init__(self, code: int, reason: str, *, uncertain: bool = False, after: float | None = None) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason
        self.uncertain = uncertain
        self.after = after

    def again(self) -> Refusal:
        """The same once more, for each who waits: one exception raised several times would grow its traceback."""
        return Refusal(self.code, self.reason, uncertain=self.uncertain, after=self.after)


CREDENTIALS = {40001, 40013, 40014, 40125, 40164, 42001, 41001, 41002, 41004}  # a token or secret that a refresh did not cure
WECOM_CHANNEL = CREDENTIALS | {48001, 48002, 60020, 40056, 41011, 50001}  # rights, trusted address, agent: nothing gets through
WECOM_GONE = {
    43004,  # their userid belongs to no WeChat
    81013, 60111, 40003, 40031,  # nobody of that id
    86001, 86003, 86008,  # no such group, or another application's
    93000, 93001, 93004, 93006, 93008,  # the robot was taken out of the group, or its key is no more
}  # fmt: skip
WECOM_WAITS = {45009: 60.0, 45033: 2.0}  # seconds; a limit's block lasts about as long as its window
WECHAT_CHANNEL = CREDENTIALS | {48001, 50002}
WECHAT_GONE = {40003, 43004, 48002}  # unknown, does not follow us, has switched messages off
WECHAT_WAITS = {45009: 3600.0, 45011: 60.0}
WECHAT_CLOSED = {45015, 45047}  # our window was not theirs: it waits until they write


def wecom_verdict(r: Refusal) -> SendError:
    """A refusal of qyapi.weixin.qq.com (自建应用, 微信客服, 群机器人) in the words of delivery."""
    return _verdict(r, WECOM_CHANNEL, WECOM_GONE, WECOM_WAITS)


def wechat_verdict(r: Refusal) -> SendError:
    """A refusal of api.weixin.qq.com (公众号) in the words of delivery."""
    if r.code in WECHAT_CLOSED:
        return SendError.closed(r.reason)
    return _verdict(r, WECHAT_CHANNEL, WECHAT_GONE, WECHAT_WAITS)


def _verdict(r: Refusal, channel: set[int], gone: set[int], waits: dict[int, float]) -> SendError:
    if r.code in (0, BUSY):
        return SendError.retry(r.reason, r.after, uncertain=r.uncertain)
    if r.code in waits:
        return SendError.retry(r.reason, r.after or waits[r.code], bulk=True)
    if r.code in gone:
        return SendError.gone(r.reason)
    return SendError("ours", r.reason, bulk=r.code in channel)
