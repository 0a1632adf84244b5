"""The fake on a port: API, hosted pages, controls and the post, as one aiohttp application."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from django.conf import settings

from orders.fake_stripe import checkout_pages, control, courier
from orders.fake_stripe.api import Api, Request
from orders.fake_stripe.checkout_pages import API
from orders.fake_stripe.clock import Clock
from orders.fake_stripe.deliveries import EVERYTHING
from orders.fake_stripe.faults import NoAnswer
from orders.fake_stripe.world import World
from orders.gateways.stripe_events import EVENTS
from shopbot.kernel import clock

PREFIX = "/stripe-api"
#: A person who pays by bank debit does not want to wait three days for the end of the story.
SETTLE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the shop listens, to which events, and the secret that it knows."""

    url: str
    secret: str
    events: tuple[str, ...] = (EVERYTHING,)


def build_app(
    *,
    base_url: str = "",
    endpoint: Endpoint | None = None,
    state_file: Path | None = None,
    api: Api | None = None,
) -> web.Application:
    """Return the application; ``base_url`` is where browsers reach it.

    Without ``base_url`` it is the simulator's card page of this shop, as the settings say.
    The paths are ``/stripe-api/``, ``/stripe-pay/`` and ``/stripe-control/``.
    """
    if not base_url:
        base_url, endpoint = settings.SIMULATOR_URL, shop_endpoint()
        state_file = settings.DATA_DIR / "stripe.json"
    # The shop's own clock, so that a month passes for both alike.
    shop_time = Clock(lambda: clock.now().timestamp())
    api = api or Api(World(clock=shop_time, settle_after=SETTLE_SECONDS))
    api.world.pay_url = f"{base_url.rstrip('/')}{checkout_pages.PREFIX}"
    courier.load(api, state_file)
    if endpoint is not None:
        _listen(api, endpoint)
    app = web.Application()
    app[API] = api
    if state_file is not None:
        app[courier.STATE_FILE] = state_file
    app.router.add_route("*", f"{PREFIX}/{{path:.*}}", answer)
    checkout_pages.add_routes(app)
    control.add_routes(app)
    app.cleanup_ctx.append(courier.deliver_always)
    return app


def shop_endpoint() -> Endpoint:
    """Return the webhook of this shop and the newest secret that it believes."""
    return Endpoint(
        url=f"{settings.PUBLIC_URL.rstrip('/')}/payments/stripe/webhook/",
        secret=settings.STRIPE_WEBHOOK_SECRET.partition(",")[0].strip(),
        events=tuple(sorted(EVENTS)),
    )


async def answer(request: web.Request) -> web.Response:
    """Answer one request to the API."""
    asked = Request(
        method=request.method,
        path=f"/{request.match_info['path']}",
        query=request.query_string,
        body=await request.text(),
        headers={name.lower(): value for name, value in request.headers.items()},
    )
    try:
        said = request.app[API].answer(asked)
    except NoAnswer:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    headers = {name: value for name, value in said.headers.items() if name != "Content-Type"}
    return web.Response(
        text=said.body, status=said.status, content_type="application/json", headers=headers
    )


def _listen(api: Api, endpoint: Endpoint) -> None:
    """Keep one endpoint for the shop across restarts, as ``stripe_setup`` would have it."""
    if not api.world.every("webhook_endpoint", url=endpoint.url):
        api.postman.add_endpoint(endpoint.url, endpoint.secret)
    (held, *_) = api.world.every("webhook_endpoint", url=endpoint.url)
    held["enabled_events"] = list(endpoint.events)
    api.world.note(held["id"], secret=endpoint.secret)
