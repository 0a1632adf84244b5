"""What renews by itself: look, stop, resume, change the plan, the provider's own page."""

from aiogram import Router

from orders.services.subscribing import PlanPriceChanged
from telegram_bot import renewals
from telegram_bot.answers import Screen
from telegram_bot.bridge import in_db
from telegram_bot.callbacks import (
    ChoosePlan,
    ConfirmPlan,
    PreviewPlan,
    SetRenewal,
    ShowPortal,
    ShowRenewal,
    ShowRenewals,
)
from telegram_bot.presenters import renewals as present
from telegram_bot.visit import Visit

router = Router(name=__name__)


@router.callback_query(ShowRenewals.filter())
async def show_renewals(_query: object, visit: Visit) -> Screen:
    """List the agreements."""
    found = await in_db(renewals.own_renewals)(customer_id=visit.customer_id)
    return present.renewals(visit, found)


@router.callback_query(ShowRenewal.filter())
async def show_renewal(_query: object, callback_data: ShowRenewal, visit: Visit) -> Screen:
    """Show one agreement."""
    return present.renewal(visit, await _own(visit, callback_data.subscription_id))


@router.callback_query(SetRenewal.filter())
async def set_renewal(_query: object, callback_data: SetRenewal, visit: Visit) -> Screen:
    """Stop or resume one."""
    found = await in_db(renewals.set_renewal)(
        customer_id=visit.customer_id,
        subscription_id=callback_data.subscription_id,
        renews=callback_data.renews,
        at=visit.at,
    )
    return present.renewal(visit, found)


@router.callback_query(ChoosePlan.filter())
async def choose_plan(_query: object, callback_data: ChoosePlan, visit: Visit) -> Screen:
    """Offer the other plans."""
    found = await in_db(renewals.plans)(
        customer_id=visit.customer_id,
        subscription_id=callback_data.subscription_id,
        at=visit.at,
    )
    return present.plans(visit, found)


@router.callback_query(PreviewPlan.filter())
async def preview_plan(_query: object, callback_data: PreviewPlan, visit: Visit) -> Screen:
    """Say what a change costs now and later."""
    found = await in_db(renewals.plan_offer)(
        customer_id=visit.customer_id,
        subscription_id=callback_data.subscription_id,
        tier_id=callback_data.tier_id,
        at=visit.at,
    )
    return present.plan_offer(visit, found)


@router.callback_query(ConfirmPlan.filter())
async def confirm_plan(_query: object, callback_data: ConfirmPlan, visit: Visit) -> Screen:
    """Change the plan at the amount shown; another one is shown and asked about instead."""
    try:
        found = await in_db(renewals.change)(visit=visit, data=callback_data)
    except PlanPriceChanged as changed:
        own = await _own(visit, callback_data.subscription_id)
        return present.plan_has_changed(visit, renewals.offer_of(own, changed.preview))
    return present.plan_is_chosen(visit, found, callback_data.tier_id)


@router.callback_query(ShowPortal.filter())
async def show_portal(_query: object, callback_data: ShowPortal, visit: Visit) -> Screen:
    """Lead to the provider's own page."""
    url = await in_db(renewals.portal)(
        customer_id=visit.customer_id, subscription_id=callback_data.subscription_id
    )
    return present.portal(callback_data.subscription_id, url)


async def _own(visit: Visit, subscription_id: int) -> renewals.Renewal:
    return await in_db(renewals.own_renewal)(
        customer_id=visit.customer_id, subscription_id=subscription_id
    )
