"""Our own limits, kept below each platform's: some platforms swallow what is too much and say that all is well."""

from __future__ import annotations

import asyncio

from channels.contract import Channel, Paced
from storage.shared import Shared


async def token(shared: Shared, channel: Channel, to: str, *, group: bool, patience: float = 0.0) -> float:
    """Take a token of the reader's buckets and of the channel's, standing by for each up to `patience` seconds.

    0: taken; else seconds until it is worth asking again.
    """
    if group and isinstance(channel, Paced) and channel.daily(to) and (rest := await channel.rests(to)):
        return rest
    one = channel.rates.group if group else channel.rates.person
    named = [(f"{channel.name}:{to.partition('/')[0]}", rate) for rate in one] + [(channel.name, rate) for rate in channel.rates.overall]
    for bucket, rate in named:
        while wait := await shared.token(f"{bucket}:{rate.seconds}", rate.count, rate.seconds, rate.burst):
            if wait > patience:
                return wait
            await asyncio.sleep(wait)
    return 0.0
