"""What stands on each page that a customer of the fake sees?

Values in, HTML out. The words are in the language of the session, as on the real pages.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from orders.fake_stripe.cards import CARDS, Behavior
from orders.fake_stripe.currencies import money
from orders.fake_stripe.portal import subscriptions_of
from orders.fake_stripe.sessions import line_items
from orders.fake_stripe.subscriptions import period_end
from orders.fake_stripe.world import Obj, World

_PAGES = Path(__file__).parent / "pages"
_LANGUAGES = frozenset({"en", "ru", "de", "es"})


def style() -> str:
    """Return the style sheet of every page."""
    return (_PAGES / "style.css").read_text()


def checkout(
    world: World, session: Obj, *, error: str = "", chosen: str = "succeeds", email: str = ""
) -> str:
    """Return the page on which an open session is paid."""
    currency = session["currency"]
    with override(_language(session)):
        items = [
            {
                "name": item["description"],
                "note": world.objects[item["price"]["product"]]["description"],
                "price": money(item["amount_total"], currency),
            }
            for item in line_items(world, session)["data"]
        ]
        discount = session["total_details"]["amount_discount"]
        return _render(
            world,
            "checkout.html",
            language=_language(session),
            items=items,
            total=money(session["amount_total"], currency),
            discount=money(discount, currency) if discount else "",
            then=_renewal(world, session),
            is_subscription=session["mode"] == "subscription",
            cancel_url=session["cancel_url"],
            error=error,
            email=email,
            cards=_cards(),
            chosen=chosen,
        )


def authenticate(world: World, session: Obj) -> str:
    """Return the bank's page between the card and the money."""
    total = money(session["amount_total"], session["currency"])
    with override(_language(session)):
        return _render(world, "authenticate.html", language=_language(session), total=total)


def closed(world: World, session: Obj) -> str:
    """Return what somebody sees who comes back to a session that is over."""
    with override(_language(session)):
        is_paid = session["status"] == "complete"
        return _render(
            world,
            "message.html",
            language=_language(session),
            heading=_("Already paid") if is_paid else _("This page has expired"),
            text=(
                _("This payment is complete; nothing is left to do here.")
                if is_paid
                else _("Nothing was paid. Start again from the chat.")
            ),
            back_url=session["success_url"] if is_paid else session["cancel_url"],
        )


def decline(card: Behavior) -> str:
    """Return why a card did not pay, as the page says it."""
    words = {
        Behavior.DECLINED: _("Your card was declined. Try another one."),
        Behavior.INSUFFICIENT_FUNDS: _("Your card has insufficient funds. Try another one."),
        Behavior.AUTHENTICATION: _("Your bank did not confirm the payment. Try another card."),
    }
    return words.get(card, words[Behavior.DECLINED])


def invoice(world: World, held: Obj, *, error: str = "") -> str:
    """Return the page on which a failed renewal is paid."""
    currency = held["currency"]
    if held["status"] != "open":
        return _render(
            world,
            "message.html",
            heading=_("Invoice %(number)s") % {"number": held["number"]},
            text=_("This invoice is paid.") if held["status"] == "paid" else held["status"],
        )
    return _render(
        world,
        "invoice.html",
        number=held["number"],
        items=[
            {"name": line["description"], "price": money(line["amount"], currency)}
            for line in held["lines"]["data"]
        ],
        total=money(held["amount_due"], currency),
        error=error,
        cards=_cards(),
        chosen=Behavior.SUCCEEDS.value,
    )


def portal(world: World, session: Obj) -> str:
    """Return the page where a customer manages what renews."""
    language = session["locale"] if session["locale"] in _LANGUAGES else "en"
    with override(language):
        held = subscriptions_of(world, session)
        invoices = world.every("invoice", customer=session["customer"])
        return _render(
            world,
            "portal.html",
            language=language,
            return_url=session["return_url"],
            subscriptions=[_subscription(world, each) for each in held],
            cards=_cards(),
            chosen="",
            invoices=[
                {
                    "number": each["number"],
                    "date": _date(each["created"]),
                    "total": money(each["total"], each["currency"]),
                    "state": each["status"],
                }
                for each in reversed(invoices)
                if each["number"]
            ],
        )


def receipt(world: World, intent: Obj) -> str:
    """Return the provider's own receipt of a payment."""
    return _render(
        world,
        "message.html",
        heading=_("Receipt"),
        text=intent["description"] or "",
        rows=[
            (_("Amount"), money(intent["amount_received"], intent["currency"])),
            (_("Number"), intent["id"]),
        ],
    )


def control(world: World, **values: Any) -> str:
    """Return the page on which a tester plays bank, calendar and network."""
    return _render(world, "control.html", **values)


def _render(world: World, template: str, *, language: str = "en", **values: Any) -> str:
    known = {"shop": world.account_name, "base": world.pay_url, "language": language}
    return _engine().get_template(template).render(Context({**known, **values}))


@lru_cache(maxsize=1)
def _engine() -> Engine:
    return Engine(dirs=[str(_PAGES)], libraries={"i18n": "django.templatetags.i18n"})


def _language(session: Obj) -> str:
    return session["locale"] if session["locale"] in _LANGUAGES else "en"


def _date(seconds: int) -> str:
    return str(date_format(datetime.fromtimestamp(seconds, tz=UTC), "DATE_FORMAT"))


def _cards() -> list[dict[str, str]]:
    names = {
        Behavior.SUCCEEDS: (_("Pays"), _("The payment succeeds.")),
        Behavior.AUTHENTICATION: (_("Asks the bank"), _("The bank asks you to confirm.")),
        Behavior.DELAYED: (_("Bank debit"), _("The money arrives later.")),
        Behavior.DECLINED: (_("Declined"), _("The bank refuses the card.")),
        Behavior.INSUFFICIENT_FUNDS: (_("No money"), _("The account is empty.")),
        Behavior.FAILS_LATER: (
            _("Pays once"),
            _("The first payment succeeds, renewals fail."),
        ),
    }
    return [
        {
            "value": behavior.value,
            "name": name,
            "effect": effect,
            "number": _grouped(CARDS[behavior].number),
        }
        for behavior, (name, effect) in names.items()
    ]


def _grouped(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def _renewal(world: World, session: Obj) -> str:
    if session["mode"] != "subscription":
        return ""
    price_id, _quantity = world.note(session["id"])["lines"][0]
    return _("Then %(price)s") % {"price": _rhythm(world.objects[price_id])}


def _rhythm(price: Obj) -> str:
    months = price["recurring"]["interval_count"]
    every = ngettext("every month", "every %(count)d months", months) % {"count": months}
    return f"{money(price['unit_amount'], price['currency'])} {every}"


def _subscription(world: World, held: Obj) -> dict[str, Any]:
    item = held["items"]["data"][0]
    is_live = held["status"] in {"active", "trialing", "past_due"}
    ends = _date(period_end(held))
    renews = not held["cancel_at_period_end"]
    until = _("renews on %(date)s") if renews else _("ends on %(date)s")
    tone = "" if held["status"] in {"active", "trialing"} else "bad"
    return {
        "id": held["id"],
        "name": world.objects[item["price"]["product"]]["name"],
        "price": _rhythm(item["price"]),
        "state": held["status"].replace("_", " "),
        "tone": tone if is_live else "dim",
        "until": until % {"date": ends} if is_live else "",
        "is_live": is_live,
        "renews": renews,
    }
