"""What the operator's dashboard sees: how many requests, how long, with what answer. Never who or what."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import Counter, Histogram

REQUESTS = Counter("mulin_requests", "Requests answered", ["route", "status"])
SECONDS = Histogram("mulin_request_seconds", "Time to the answer", ["route"])


@web.middleware
async def measured(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    """Count a request under its route's pattern: a path may hold a token, a pattern cannot."""
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "none"
    began = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as answer:
        status = answer.status
        raise
    finally:
        REQUESTS.labels(route, str(status)).inc()
        SECONDS.labels(route).observe(time.perf_counter() - began)
