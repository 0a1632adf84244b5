"""What renews by itself: the list, one agreement, another plan with its exact price."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.services.subscribing import PlanChoice
from telegram_bot.answers import Button, Keyboard, Screen
from telegram_bot.callbacks import (
    ChoosePlan,
    ConfirmPlan,
    PreviewPlan,
    SetRenewal,
    ShowAccount,
    ShowPortal,
    ShowRenewal,
    ShowRenewals,
)
from telegram_bot.keyboards import back, key, link, stacked, to_shop
from telegram_bot.presenters.titles import tier_title
from telegram_bot.presenters.wording import (
    Html,
    bold,
    day,
    fill,
    last_day,
    lines,
    paragraphs,
    price,
)
from telegram_bot.renewals import PlanOffer, Plans, Renewal
from telegram_bot.visit import Visit


def renewals_key(found: tuple[Renewal, ...]) -> Keyboard:
    """Return the row that leads to what renews; none where nothing does."""
    if not found:
        return ()
    mark = "⚠️" if any(each.is_past_due for each in found) else "🔁"
    return ((key(f"{mark} " + _("Renewals"), ShowRenewals()),),)


def renewals(visit: Visit, found: tuple[Renewal, ...]) -> Screen:
    """List what renews: what, when, at what price."""
    if not found:
        return Screen(
            text=_("Nothing of yours renews by itself."),
            keyboard=(to_shop(), back(ShowAccount())),
        )
    about = (
        lines((bold(tier_title(visit, each.tier_id)), fill("{t}", t=Html(_standing(each)))))
        for each in found
    )
    return Screen(
        text=paragraphs(fill(_("🔁 <b>Renewals</b>")), *about),
        keyboard=(*stacked(_key(visit, each) for each in found), back(ShowAccount())),
    )


def renewal(visit: Visit, shown: Renewal, *, toast: str = "") -> Screen:
    """Show an agreement, with what can be done about it."""
    return Screen(
        text=paragraphs(
            bold(tier_title(visit, shown.tier_id)),
            _standing(shown),
            _planned(visit, shown),
            _telegram_keeps(shown),
        ),
        keyboard=(*stacked(_actions(shown)), back(ShowRenewals())),
        toast=toast,
    )


def plans(visit: Visit, shown: Plans) -> Screen:
    """Offer the other plans of the same product."""
    own = shown.renewal
    if not shown.choices:
        return Screen(
            text=_("There is no other plan at the moment."),
            keyboard=(back(ShowRenewal(subscription_id=own.id)),),
        )
    return Screen(
        text=paragraphs(
            bold(tier_title(visit, own.tier_id)),
            _standing(own),
            _(
                "Which plan would you like? A higher one begins at once, a lower one with "
                "the next period. You see the exact amount before anything changes."
            ),
        ),
        keyboard=(
            *stacked(_choice(visit, own, each) for each in shown.choices),
            back(ShowRenewal(subscription_id=own.id)),
        ),
    )


def plan_offer(visit: Visit, shown: PlanOffer) -> Screen:
    """Ask whether the plan may change at this amount."""
    return _asking(visit, shown, "")


def plan_has_changed(visit: Visit, shown: PlanOffer) -> Screen:
    """Ask again, because what was shown is no longer so; nothing was charged."""
    return _asking(
        visit, shown, _("What was shown has changed. Nothing was charged; this is it now:")
    )


def plan_is_chosen(visit: Visit, shown: Renewal, tier_id: int) -> Screen:
    """Say what became of a change: it is done, planned, or waits for its payment."""
    if shown.tier_id == tier_id:
        said = _("✅ Your plan is changed.")
    elif shown.next_tier_id == tier_id:
        said = _("✅ Your plan will change with the next period.")
    else:
        said = _("Your plan changes as soon as it is paid.")
    return renewal(visit, shown, toast=said)


def portal(subscription_id: int, url: str) -> Screen:
    """Lead to the page where cards and invoices are."""
    return Screen(
        text=_(
            "Your card and your invoices are on the payment service's own page. "
            "The link works for a few minutes."
        ),
        keyboard=(
            (link(_("💳 Card and invoices"), url),),
            back(ShowRenewal(subscription_id=subscription_id)),
        ),
    )


def _asking(visit: Visit, shown: PlanOffer, before: str) -> Screen:
    own = shown.renewal
    sure = ConfirmPlan(
        subscription_id=own.id,
        tier_id=shown.tier_id,
        moment=shown.moment,
        fingerprint=shown.fingerprint,
    )
    if shown.is_immediate:
        label = _("✅ Change and pay {amount}").format(amount=price(shown.due_now))
    else:
        label = _("✅ Change with the next period")
    return Screen(
        text=paragraphs(
            before,
            fill(
                _("{before} → <b>{after}</b>"),
                before=tier_title(visit, own.tier_id),
                after=tier_title(visit, shown.tier_id),
            ),
            _amounts(shown),
        ),
        keyboard=(
            (key(label, sure, style="success"),),
            back(ChoosePlan(subscription_id=own.id)),
        ),
    )


def _amounts(shown: PlanOffer) -> Html:
    if shown.is_immediate:
        now = fill(
            _("Due now, for the rest of this period: <b>{amount}</b>"),
            amount=price(shown.due_now),
        )
    else:
        now = fill(_("Due now: <b>nothing</b>. Until {day} you keep what you have."),
                   day=last_day(shown.renews_at))  # fmt: skip
    months = shown.renewal.months
    later = ngettext(
        "From {day} on: <b>{amount}</b> each month",
        "From {day} on: <b>{amount}</b> every {count} months",
        months,
    )
    amounts = {"day": day(shown.renews_at), "amount": price(shown.renewal_price)}
    return lines((now, fill(later, count=months, **amounts)))


def _actions(shown: Renewal) -> list[Button]:
    keys = [link(_("💳 Pay now"), shown.fix_url)] if shown.fix_url else []
    if shown.may_change:
        keys.append(key(_("🔀 Change the plan"), ChoosePlan(subscription_id=shown.id)))
    if shown.has_portal:
        keys.append(key(_("💳 Card and invoices"), ShowPortal(subscription_id=shown.id)))
    switch = SetRenewal(subscription_id=shown.id, renews=not shown.will_renew)
    if shown.will_renew:
        return [*keys, key(_("⏹ Stop renewing"), switch)]
    if shown.gateway == "stars" and not shown.is_stopped_here:
        return keys
    return [*keys, key(_("🔁 Renew again"), switch, style="success")]


def _standing(shown: Renewal) -> str:
    when = last_day(shown.renews_at) if shown.renews_at else ""
    if shown.is_past_due:
        return _("The last renewal could not be charged. Please check your way of paying.")
    if not shown.will_renew:
        return fill(_("It ends after {day} and is not renewed."), day=when)
    text = _("It renews by itself after {day} for {price}.")
    return fill(text, day=when, price=price(shown.next_price))


def _planned(visit: Visit, shown: Renewal) -> str:
    if shown.fix_url and not shown.is_past_due:
        return _("A change of plan waits for its payment. Until then all stays as it is.")
    if shown.next_tier_id == shown.tier_id or not shown.will_renew:
        return ""
    return fill(_("Then it becomes {plan}."), plan=tier_title(visit, shown.next_tier_id))


def _telegram_keeps(shown: Renewal) -> str:
    if shown.gateway != "stars":
        return ""
    if not shown.will_renew:
        return (
            ""
            if shown.is_stopped_here
            else _("To have it renewed, switch it on in Telegram: Settings, My Stars.")
        )
    return _(
        "Telegram charges Stars at the price of the first payment. For another plan, stop "
        "this one and buy the other in the shop: what you have not used makes it cheaper."
    )


def _key(visit: Visit, shown: Renewal) -> Button:
    mark = "⚠️" if shown.is_past_due else "🔁" if shown.will_renew else "⏹"
    return key(
        f"{mark} {tier_title(visit, shown.tier_id)}", ShowRenewal(subscription_id=shown.id)
    )


def _choice(visit: Visit, own: Renewal, choice: PlanChoice) -> Button:
    mark = "⬆️" if choice.is_higher else "⬇️"
    title = tier_title(visit, choice.tier_id)
    wanted = PreviewPlan(subscription_id=own.id, tier_id=choice.tier_id)
    return key(f"{mark} {title} – {price(choice.price)}", wanted)
