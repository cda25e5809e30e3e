"""The load: raw asyncio streams in a process of its own, so that the server's processor time is the server's alone.

    python -m bench.load PORT SECRET CLIENTS SECONDS

Each client is one resident of its own and sends the next message when the last was answered. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

HEAD = (
    "POST /hook/telegram HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    "X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: {length}\r\n\r\n"
)


def update(number: int, who: int) -> bytes:
    """One private message as Telegram sends it: 菜单, from resident `who`."""
    person = {"id": who, "is_bot": False, "first_name": f"resident {who}", "language_code": "zh-hans"}
    chat = {"id": who, "type": "private", "first_name": f"resident {who}"}
    message = {"message_id": number, "from": person, "chat": chat, "date": 1795000000, "text": "菜单"}
    return json.dumps({"update_id": number, "message": message}, ensure_ascii=False).encode()


async def client(port: int, secret: str, who: int, until: float) -> list[float]:
    """One resident; the time each answer took, in seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took: list[float] = []
    number = who * 1_000_000 + int(time.time() * 10) % 100_000 * 10
    while time.perf_counter() < until:
        number += 1
        body = update(number, who)
        began = time.perf_counter()
        writer.write(HEAD.format(secret=secret, length=len(body)).encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head[:20], head[:60]
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        await reader.readexactly(length)
        took.append(time.perf_counter() - began)
    writer.close()
    return took


async def load(port: int, secret: str, clients: int, seconds: float) -> dict[str, float]:
    """All clients together: how many were answered, how fast, and how long the slowest waited."""
    began = time.perf_counter()
    each = await asyncio.gather(*(client(port, secret, 1000 + n, began + seconds) for n in range(clients)))
    lasted = time.perf_counter() - began
    took = sorted(t for some in each for t in some)
    return {
        "turns": len(took),
        "rate": len(took) / lasted,
        "p50": took[len(took) // 2],
        "p99": took[int(len(took) * 0.99)],
    }


if __name__ == "__main__":
    port, secret, clients, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(load(int(port), secret, int(clients), float(seconds)))))
