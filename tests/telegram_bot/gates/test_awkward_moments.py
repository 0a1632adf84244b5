"""Access that ends at an awkward moment: members leave at once, payers are asked back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from entitlements.services import (
    NewGrant,
    accept_seat,
    grant_all,
    invite_to_seat,
    revoke_source,
    shorten_source,
)
from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import run_sweep
from telegram_bot.gates.members import Change, note_change
from telegram_bot.gates.models import Removal
from telegram_bot.gates.removals import check_due, remove_due
from telegram_bot.models import OutgoingMessage
from telegram_bot.sync_api import SyncApi

pytestmark = pytest.mark.django_db


def test_switching_the_entitlement_off_removes_at_once(world, room, inside, admin_client):
    page = reverse("admin:entitlements_entitlementtype_change", args=[world.shop.signals.pk])
    shown = admin_client.get(page).context
    parts = [shown["adminform"].form]
    for each in shown["inline_admin_formsets"]:
        parts += [each.formset.management_form, *each.formset.initial_forms]
    fields = [part[name] for part in parts for name in part.fields]
    sent = {each.html_name: each.value() for each in fields if each.value() is not None}
    del sent["is_active"]

    assert admin_client.post(page, sent).status_code == 302
    world.work()

    assert inside.place_in(room.chat_id) == "left"
    assert Event.objects.get(kind="entitlement.switched_off").data["code"] == "signals"


def test_a_refund_while_a_join_is_being_stored_removes_at_once(world, room, anna):
    anna.send("/start")
    world.listen()
    world.grant(anna)
    refunded = []

    def refund_once_access_was_read(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if "entitlements_grant" in sql and not refunded:
            refunded.append(sql)
            revoke_source(
                source="order-line:1", reason="refund", actor="staff:1", now=world.now
            )
            run_sweep("relay-events", now=world.now)
        return answer

    came = Change(anna.id, "Anna", is_inside=True, is_admin=False, at=world.now)
    anna.join(world.sim.add_link(room.chat_id))
    world.miss()
    with connection.execute_wrapper(refund_once_access_was_read):
        note_change(chat_id=room.chat_id, change=came, now=world.now)
    assert len(refunded) == 1
    assert world.member(anna).is_inside

    world.work()

    assert anna.place_in(room.chat_id) == "left"


def test_a_seat_that_is_shortened_with_its_owners_time_removes_its_member(
    world, room, anna, owner
):
    paid = NewGrant(
        type_id=world.shop.signals.pk,
        level="enterprise",
        source="order-line:1",
        months=None,
        days=300,
        seats=1,
    )
    payer = world.customer(owner)
    grant_all(customer_id=payer.pk, grants=[paid], now=world.now, actor="test")
    pool = payer.seat_pools.get()
    seat = invite_to_seat(owner_id=payer.pk, pool_id=pool.pk, now=world.now)
    accept_seat(code=seat.code, customer_id=world.customer(anna).pk, now=world.now)
    anna.join(room.invite_link)
    world.listen()
    world.work()
    assert anna.place_in(room.chat_id) == "member"

    soon = world.now + timedelta(days=10)
    shorten_source(source="order-line:1", ends_at=soon, actor="staff:1", now=world.now)
    world.work()
    world.sim.advance(days=11)
    world.work()

    assert anna.place_in(room.chat_id) == "left"


def test_who_came_back_before_a_late_second_step_is_known_to_be_inside(world, room, inside):
    world.sim.fault("api", "500", target="unbanChatMember", times=1)
    world.sim.advance(days=30)
    world.work()
    world.sim.advance(seconds=95)
    world.grant(inside, source="order-line:2")
    inside.join(room.invite_link)
    world.listen()
    assert inside.place_in(room.chat_id) == "member"

    world.work()

    assert Removal.objects.get().status == "removed"
    assert world.member(inside).is_inside
    world.sim.advance(days=30)
    world.work()
    assert inside.place_in(room.chat_id) == "left"


def test_whoever_pays_while_being_put_out_is_asked_back(world, room, inside):
    world.sim.advance(days=30)
    check_due(bot_id=room.bot_id, now=world.now, limit=10)
    with SyncApi() as api:

        def call(method, params):
            if method == "banChatMember":
                world.grant(inside, source="order-line:2")
            return api.call(method, params)

        remove_due(bot_id=room.bot_id, call=call, now=world.now, limit=10, wait=lambda: None)

    world.work()

    told = OutgoingMessage.objects.get(params__text__icontains="VIP room")
    assert "welcome back" in told.params["text"]
    assert "💬 Open VIP room" in inside.last().buttons
    inside.join(room.invite_link)
    world.listen()
    assert inside.place_in(room.chat_id) == "member"
