"""What a customer hears of what happened, in their own language, once."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from customers.models import Customer as CustomerRow
from entitlements.services import NewGrant, grant_all
from entitlements.services.revoking import revoke_source
from orders.models import Order, OrderLine, Payment
from orders.services.closing import cancel_order, expire_order
from orders.services.disputing import LOST_REASON
from orders.services.refunding import refund
from orders.services.supporting import answer_support
from shopbot.kernel.events import record, relay
from shopbot.kernel.models import Event
from telegram_bot.gates.models import GatedChat
from telegram_bot.models import OutgoingMessage
from tests.telegram_bot.chat import BOT_ID

pytestmark = pytest.mark.django_db


@pytest.fixture
def hears():
    """Hand on the events so far and return the messages they brought, oldest first."""

    def relayed(who):
        relay(now=who.now)
        rows = OutgoingMessage.objects.filter(chat_id=who.id).order_by("pk")
        return [row.params for row in rows]

    return relayed


def labels(message):
    rows = message["reply_markup"]["inline_keyboard"]
    return [button["text"] for row in rows for button in row]


def test_a_paid_order_brings_its_receipt_once(ann, shop, buys, hears):
    order = buys(ann)

    (receipt,) = hears(ann)
    Event.objects.update(dispatched_at=None)
    assert hears(ann) == [receipt]

    assert "Receipt 2026-000001" in receipt["text"]
    assert f"Order {order.number}" in receipt["text"]
    assert "Total: <b>$20.00</b>" in receipt["text"]
    assert "• Signals: until April 15, 2026" in receipt["text"]
    assert receipt["parse_mode"] == "HTML"


def test_the_receipt_leads_into_each_chat_that_was_bought(ann, shop, buys, hears):
    for number, (title, fields) in enumerate(
        [
            ("Signals live", {"invite_link": "https://t.me/+live"}),
            ("Signals for VIPs", {"invite_link": "https://t.me/+vip", "level": "vip"}),
            ("Switched off", {"invite_link": "https://t.me/+off", "is_active": False}),
            ("Without a link yet", {}),
        ]
    ):
        GatedChat.objects.create(
            bot_id=BOT_ID,
            chat_id=-1001 - number,
            title=title,
            type=shop.signals,
            added_at=ann.now,
            **fields,
        )

    buys(ann)
    shown, (written,) = ann.buttons(), hears(ann)

    join = {"text": "💬 Open Signals live", "url": "https://t.me/+live"}
    rows = written["reply_markup"]["inline_keyboard"]
    assert rows[0] == [join]
    assert [button["text"] for row in rows[1:] for button in row] == [
        "📄 Receipt as PDF", "📦 Order", "👤 Account",
    ]  # fmt: skip
    assert [button for button in shown if "url" in button][0] == join


def test_the_receipt_speaks_the_customers_language(make_customer, shop, buys, hears):
    vera = make_customer(id=45, first_name="Вера", language_code="ru")
    vera.types("/start")
    CustomerRow.objects.update(region="US", region_confirmed_at=vera.now)
    vera.types("/start p_signals")
    vera.presses("Premium")
    vera.presses("3 месяца")
    vera.presses("Купить за")
    vera.presses("Демо")
    vera.presses("Оплатить")

    (receipt,) = hears(vera)

    assert "🧾 <b>Чек 2026-000001</b>" in receipt["text"]
    assert "Сигналы · Premium" in receipt["text"]
    assert "3 месяца" in receipt["text"]
    assert "57,00" in receipt["text"]
    assert "• Сигналы: по 15 июня 2026" in receipt["text"]


def test_an_order_that_expired_unpaid_says_so_and_offers_it_again(ann, shop, orders, hears):
    order = orders(ann)
    later = ann.now + timedelta(hours=1)
    expire_order(order_id=order.pk, now=later)
    ann.now = later

    (message,) = hears(ann)

    assert f"Order {order.number} has expired" in message["text"]
    assert "🔁 Buy again" in labels(message)


def test_an_order_is_announced_as_cancelled_by_staff_but_not_by_its_customer(
    ann, shop, orders, hears
):
    first, second = orders(ann), orders(ann)
    cancel_order(order_id=first.pk, actor=f"customer:{first.customer_id}", now=ann.now)
    cancel_order(order_id=second.pk, actor="staff:7", now=ann.now)

    (message,) = hears(ann)

    assert f"We have cancelled order {second.number}" in message["text"]


def test_a_refund_names_the_sum_and_the_end_of_access_is_announced(ann, shop, buys, hears):
    order = buys(ann)
    refund(
        order_id=order.pk,
        amount=order.total,
        reason="does not like it",
        access="revoke",
        actor="staff:7",
        now=ann.now,
    )

    texts = [message["text"] for message in hears(ann)]

    assert any(f"Refund for order {order.number}: <b>$20.00</b>" in text for text in texts)
    assert "Your access to <b>Signals</b> has ended." in texts


def grant_event(ann, kind, **data):
    line = OrderLine.objects.get()
    grant = line.order.customer.grants.get()
    record(
        kind,
        subject=f"grant:{grant.pk}",
        actor="beat",
        at=ann.now,
        customer_id=grant.customer_id,
        code="signals",
        source=line.source,
        **data,
    )
    Event.objects.exclude(kind=kind).update(dispatched_at=ann.now)
    return grant


@pytest.mark.parametrize(("days", "said"), [(7, "ends in 7 days"), (1, "ends in 1 day.")])
def test_what_is_about_to_run_out_is_reminded_of_with_a_way_to_renew(
    ann, shop, buys, hears, days, said
):
    buys(ann)
    ann.now = OrderLine.objects.get().order.customer.grants.get().ends_at - timedelta(days=days)
    grant_event(ann, "grant.expiring", days=days)

    (message,) = hears(ann)

    assert f"<b>Signals</b> {said}" in message["text"]
    assert "The last day is April 15, 2026." in message["text"]
    ann.screen = {"message_id": 1, **message}
    assert "For how long?" in ann.presses("Renew")


def test_what_has_run_out_says_so_and_is_not_offered_when_it_is_not_sold(
    ann, shop, buys, hears
):
    buys(ann)
    shop.product.is_active = False
    shop.product.save(update_fields=["is_active"])
    ann.now = OrderLine.objects.get().order.customer.grants.get().ends_at
    grant_event(ann, "grant.expired")

    (message,) = hears(ann)

    assert message["text"] == "⌛ <b>Signals</b> has run out."
    assert labels(message) == ["🛍 Shop"]


def test_staffs_answer_reaches_the_chat_and_can_be_answered(ann, shop, hears):
    ann.types("/paysupport")
    assert "we have your message" in ann.types("Where is <my> money?")
    case = CustomerRow.objects.get().support_cases.get()
    assert case.messages.get().text == "Where is <my> money?"
    answer_support(case_id=case.pk, text="Here & now.", actor="staff:7", now=ann.now)

    (message,) = hears(ann)

    assert message["text"] == "💬 <b>Our answer</b>\n\nHere &amp; now."
    ann.screen = {"message_id": 1, **message}
    ann.presses("Write back")
    ann.types("Thank you")
    assert case.messages.count() == 3


def test_a_question_delivered_twice_is_put_once(ann, shop):
    ann.types("/paysupport")
    ann.types("Where is my money?")
    ann.delivers_again()

    assert CustomerRow.objects.get().support_cases.get().messages.count() == 1


def test_nobody_who_blocked_the_bot_is_written_to(ann, shop, buys, hears):
    buys(ann)
    CustomerRow.objects.update(blocked_bot_at=ann.now)

    assert hears(ann) == []


def test_access_revoked_for_nothing_known_brings_no_message(ann, shop, buys, hears):
    buys(ann)
    OutgoingMessage.objects.all().delete()
    Event.objects.update(dispatched_at=ann.now)
    record(
        "grant.revoked",
        subject="grant:1",
        actor="staff:7",
        at=ann.now,
        customer_id=CustomerRow.objects.get().pk,
        code="never-was",
    )

    assert hears(ann) == []


def test_who_holds_a_gift_hears_that_its_payers_lost_dispute_ended_it(ann, shop, hears):
    ann.types("/start")
    holder = CustomerRow.objects.get()
    given = NewGrant(type_id=shop.signals.pk, level="premium", source="gift:1", months=1)
    grant_all(customer_id=holder.pk, grants=[given], now=ann.now, actor="customer:7")
    revoke_source(source="gift:1", reason=LOST_REASON, actor="stripe", now=ann.now)

    (message,) = hears(ann)

    assert message["text"] == "Your access to <b>Signals</b> has ended."


def test_a_reversal_of_one_order_leaves_the_words_of_another_alone(ann, shop, buys, hears):
    buys(ann)
    line = OrderLine.objects.get()
    revoke_source(source=line.source, reason="fraud", actor="staff:7", now=ann.now)

    texts = [message["text"] for message in hears(ann)]

    assert "Your access to <b>Signals</b> has ended." in texts
    assert Order.objects.get().status == "fulfilled"
    assert Payment.objects.get().status == "paid"


def test_the_sweep_by_hand_relays_and_says_how_many(ann, shop, capsys):
    ann.types("/start")

    call_command("sweep", "relay-events")

    assert "relay-events: 1 handled" in capsys.readouterr().out


def test_a_moved_price_is_told_before_it_is_charged(ann, shop, now, hears):
    ann.types("/start")
    customer = CustomerRow.objects.get(telegram_id=ann.id)
    for before in (2000, 2500):
        record(
            "subscription.price_moved",
            subject="subscription:7",
            actor="beat",
            at=now,
            customer_id=customer.pk,
            currency="USD",
            before_minor=before,
            price_minor=2500,
        )

    (message,) = hears(ann)

    assert "will renew for $25.00 instead of $20.00" in message["text"]
    assert labels(message) == ["👤 Account"]
