"""The hosted pages: what a customer may click on, and where it leads."""

from __future__ import annotations

from aiohttp import web

from orders.fake_stripe import portal, screens, sessions
from orders.fake_stripe.api import Api
from orders.fake_stripe.cards import Behavior, new_payment_method
from orders.fake_stripe.invoices import charge_invoice, subscription_id
from orders.fake_stripe.payments import Outcome
from orders.fake_stripe.refusals import StripeRefusal
from orders.fake_stripe.scheduler import run_due
from orders.fake_stripe.subscriptions import after_attempt
from orders.fake_stripe.world import Obj, World

API: web.AppKey[Api] = web.AppKey("fake_stripe_api", Api)
PREFIX = "/stripe-pay"


def add_routes(app: web.Application) -> None:
    """Put the pages under ``/stripe-pay``."""
    app.add_routes(
        [
            web.get(f"{PREFIX}/style.css", show_style),
            web.get(f"{PREFIX}/receipt/{{id}}", show_receipt),
            web.get(f"{PREFIX}/invoice/{{id}}", show_invoice),
            web.post(f"{PREFIX}/invoice/{{id}}", pay_invoice),
            web.get(f"{PREFIX}/portal/{{id}}", show_portal),
            web.post(f"{PREFIX}/portal/{{id}}", use_portal),
            web.get(f"{PREFIX}/{{id}}/bank", show_bank),
            web.post(f"{PREFIX}/{{id}}/bank", answer_bank),
            web.get(f"{PREFIX}/{{id}}", show_checkout),
            web.post(f"{PREFIX}/{{id}}", pay_checkout),
        ]
    )


async def show_style(request: web.Request) -> web.Response:
    """Return the style sheet."""
    return web.Response(text=screens.style(), content_type="text/css")


async def show_checkout(request: web.Request) -> web.Response:
    """Show an open session, or that it is over."""
    world, session = _named(request, "checkout.session")
    if session["status"] != "open":
        return _page(screens.closed(world, session), status=410)
    return _page(screens.checkout(world, session))


async def pay_checkout(request: web.Request) -> web.Response:
    """Charge the chosen card, and follow what comes of it."""
    world, session = _named(request, "checkout.session")
    form = await request.post()
    card, email = _card(str(form.get("card", ""))), str(form.get("email", ""))
    if session["status"] != "open":
        return _page(screens.closed(world, session), status=410)
    with world.lock:
        outcome = sessions.pay(world, session["id"], card, email=email)
    if outcome is Outcome.REQUIRES_ACTION:
        raise web.HTTPSeeOther(f"{PREFIX}/{session['id']}/bank")
    if outcome is Outcome.FAILED:
        error = screens.decline(card)
        page = screens.checkout(world, session, error=error, chosen=card.value, email=email)
        return _page(page, status=402)
    raise web.HTTPSeeOther(_success_url(session))


async def show_bank(request: web.Request) -> web.Response:
    """Show the bank's question."""
    world, session = _named(request, "checkout.session")
    if session["status"] != "open":
        return _page(screens.closed(world, session), status=410)
    return _page(screens.authenticate(world, session))


async def answer_bank(request: web.Request) -> web.Response:
    """Pay, or go back to the card."""
    world, session = _named(request, "checkout.session")
    form = await request.post()
    if session["status"] != "open":
        return _page(screens.closed(world, session), status=410)
    with world.lock:
        outcome = sessions.authenticate_session(
            world, session["id"], passed=form.get("passed") == "yes"
        )
    if outcome is Outcome.FAILED:
        error = screens.decline(Behavior.AUTHENTICATION)
        return _page(screens.checkout(world, session, error=error), status=402)
    raise web.HTTPSeeOther(_success_url(session))


async def show_invoice(request: web.Request) -> web.Response:
    """Show an invoice that waits for money."""
    world, invoice = _named(request, "invoice")
    return _page(screens.invoice(world, invoice))


async def pay_invoice(request: web.Request) -> web.Response:
    """Pay an invoice with a card, which the subscription keeps if it works."""
    world, invoice = _named(request, "invoice")
    card = _card(str((await request.post()).get("card", "")))
    if invoice["status"] != "open":
        return _page(screens.invoice(world, invoice))
    with world.lock:
        method = new_payment_method(world, card, invoice["customer"])
        outcome = charge_invoice(world, invoice, method, card)
        if outcome is Outcome.SUCCEEDED:
            world.objects[subscription_id(invoice)]["default_payment_method"] = method["id"]
            after_attempt(world, invoice, outcome)
    error = "" if outcome is Outcome.SUCCEEDED else screens.decline(card)
    return _page(screens.invoice(world, invoice, error=error))


async def show_portal(request: web.Request) -> web.Response:
    """Show the customer portal."""
    world, session = _named(request, "billing_portal.session")
    return _page(screens.portal(world, session))


async def use_portal(request: web.Request) -> web.Response:
    """Cancel, renew again, or change the card."""
    world, session = _named(request, "billing_portal.session")
    form = await request.post()
    with world.lock:
        if "toggle" in form:
            portal.toggle_renewal(world, str(form["toggle"]))
        elif form.get("card"):
            portal.change_card(world, session["customer"], _card(str(form["card"])))
    raise web.HTTPSeeOther(request.path)


async def show_receipt(request: web.Request) -> web.Response:
    """Show Stripe's own receipt of a payment."""
    world, intent = _named(request, "payment_intent")
    return _page(screens.receipt(world, intent))


def _named(request: web.Request, kind: str) -> tuple[World, Obj]:
    world = request.app[API].world
    with world.lock:
        run_due(world)
        try:
            return world, world.find(kind, request.match_info["id"])
        except StripeRefusal as refusal:
            raise web.HTTPNotFound(text=refusal.message) from None


def _card(value: str) -> Behavior:
    try:
        return Behavior(value)
    except ValueError:
        raise web.HTTPBadRequest(text=f"No such card: {value!r}") from None


def _success_url(session: Obj) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _page(html: str, *, status: int = 200) -> web.Response:
    return web.Response(text=html, content_type="text/html", status=status)
