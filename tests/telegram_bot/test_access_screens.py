"""Trying, understanding, giving and sharing access in the chat."""

from datetime import timedelta

import pytest

from catalog.models import ProductTier
from customers.models import Customer as CustomerRow
from entitlements.models import GiftCode, Grant, SeatInvite, TierGrant
from entitlements.selectors import has_entitlement
from entitlements.services import NewGrant, block, create_gift, grant_all, revoke_source
from orders.models import Order
from orders.services.refunding import refund
from shopbot.kernel.events import relay
from telegram_bot.models import OutgoingMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(make_customer):
    """Ann's friend."""
    return make_customer(id=43, first_name="Bob", username="bob")


@pytest.fixture
def eve(make_customer):
    """Opens links that were not meant for her."""
    return make_customer(id=44, first_name="Eve", username="eve")


@pytest.fixture
def trial(shop):
    """Signals may be tried for a week at Premium."""
    ProductTier.objects.filter(pk=shop.tiers["premium"].pk).update(trial_days=7, grace_days=3)
    return shop


@pytest.fixture
def hears():
    def relayed(who):
        relay(now=who.now)
        rows = OutgoingMessage.objects.filter(chat_id=who.id).order_by("pk")
        return [row.params["text"] for row in rows]

    return relayed


@pytest.fixture
def seated(shop, buys):
    """Let somebody buy Enterprise with two seats."""
    TierGrant.objects.filter(tier=shop.tiers["enterprise"]).update(seats=2)

    def buy(who):
        return buys(who, "Enterprise", "1 month")

    return buy


@pytest.fixture
def gives(shop, settle_region):
    """Let somebody buy a month of Premium for somebody else and get its link."""

    def give(who):
        settle_region(who)
        who.types("/start p_signals")
        for label in ("Premium", "1 month", "Buy as a gift", "Buy the gift"):
            who.presses(label)
        who.presses("Demo")
        who.presses("Pay $")
        who.presses("Give it away")
        return link_of(who)

    return give


def opens(who, link, *, after):
    """Open a link a moment after somebody made it."""
    who.now = after.now
    return who.types(link)


def row_of(who):
    return CustomerRow.objects.get(telegram_id=who.id)


def link_of(who):
    """Return what a friend types by opening the link on the screen."""
    return f"/start {who.text.rpartition('?start=')[2].split()[0]}"


def holds(who):
    return has_entitlement(row_of(who).pk, "signals", who.now)


# Trials


def test_one_tap_begins_a_trial_and_says_when_it_ends(ann, trial):
    ann.types("/start p_signals")
    said = ann.presses("Try 7 days for free")

    assert "Your trial has begun" in said
    assert "It lasts until March 22, 2026." in said
    assert "Signals: until March 22, 2026" in ann.types("/account")


def test_the_months_of_a_tier_offer_the_trial_too(ann, trial):
    ann.types("/start p_signals")
    ann.presses("Premium · ")

    assert ann.labels()[0] == "🎁 Try 7 days for free"


def test_who_has_tried_is_offered_no_trial_and_an_old_button_refuses(ann, trial):
    ann.types("/start p_signals")
    old = ann.buttons()[0]["callback_data"]
    ann.presses("Try 7 days")

    ann.types("/start p_signals")
    assert not any("Try" in label for label in ann.labels())
    assert "You have tried this before" in ann.presses_data(old)
    assert Grant.objects.count() == 1


def test_who_holds_it_is_refused_a_trial_kindly(ann, trial, buys):
    ann.types("/start p_signals")
    old = ann.buttons()[0]["callback_data"]
    buys(ann)

    assert "You have this already" in ann.presses_data(old)
    assert Grant.objects.count() == 1


def test_a_trial_that_is_over_on_offer_leads_to_the_shop(ann, trial):
    ann.types("/start p_signals")
    old = ann.buttons()[0]["callback_data"]
    ProductTier.objects.update(trial_days=0)

    assert "no trial of this any more" in ann.presses_data(old)
    assert not Grant.objects.exists()


# Why?


def test_the_account_explains_what_is_held_and_offers_to_renew_it(ann, shop, buys):
    buys(ann)

    ann.types("/account")
    ann.presses("Why do I have access")
    assert ann.labels() == ["✅ Signals", "⬅️ Back"]
    said = ann.presses("Signals")

    assert said.startswith("Signals: access on March 15, 2026")
    assert "Premium from your order" in said
    assert ann.labels() == ["🔁 Renew", "⬅️ Back"]
    assert "For how long?" in ann.presses("Renew")


def test_what_ended_is_explained_with_a_way_to_have_it_again(ann, shop, buys):
    buys(ann)
    ann.now += timedelta(days=60)

    ann.types("/account")
    ann.presses("Why do I have access")
    assert ann.labels()[0] == "✖️ Signals"

    assert "no access" in ann.presses("Signals")
    assert "because it has ended" in ann.text
    assert "🔁 Renew" in ann.labels()


def test_the_explanation_speaks_the_customers_language(make_customer, shop):
    vera = make_customer(id=45, first_name="Вера", language_code="ru")
    vera.types("/start")
    grant = NewGrant(
        type_id=shop.signals.pk, level="premium", source="goodwill:1", months=None, days=5
    )
    grant_all(customer_id=row_of(vera).pk, grants=[grant], now=vera.now, actor="staff:1")

    vera.types("/account")
    vera.presses_data("ax1")

    assert "Сигналы" in vera.presses("Сигналы")
    assert "access on" not in vera.text


def test_what_is_suspended_offers_to_ask_and_nothing_to_buy(ann, shop, buys):
    buys(ann)
    block(
        customer_id=row_of(ann).pk, kind="staff", source="staff:1", reason="", actor="staff:1",
        now=ann.now,
    )  # fmt: skip

    ann.types("/account")
    ann.presses("Why do I have access")
    assert "it is suspended" in ann.presses("Signals")
    assert ann.labels() == ["💬 Ask about a payment", "⬅️ Back"]


def test_what_is_for_life_offers_nothing_to_renew(ann, shop):
    ann.types("/start")
    grant = NewGrant(type_id=shop.signals.pk, level="premium", source="goodwill:1", months=None)
    grant_all(customer_id=row_of(ann).pk, grants=[grant], now=ann.now, actor="staff:1")

    ann.types("/account")
    ann.presses("Why do I have access")
    assert "for life" in ann.presses("Signals")
    assert ann.labels() == ["⬅️ Back"]


def test_what_only_our_team_gave_can_be_bought_at_the_lowest_tier(ann, shop):
    ann.types("/start")
    grant = NewGrant(
        type_id=shop.signals.pk, level="vip", source="goodwill:1", months=None, days=3
    )
    grant_all(customer_id=row_of(ann).pk, grants=[grant], now=ann.now, actor="staff:1")

    ann.presses_data(f"ex1:{shop.signals.pk}")
    ann.presses("Renew")

    assert ann.text.startswith("Signals · Premium")


def test_who_never_had_anything_sees_no_such_key(eve, shop):
    eve.types("/account")

    assert not any("Why" in label for label in eve.labels())
    assert "never bought, given or tried" in eve.presses_data(f"ex1:{shop.signals.pk}")
    assert "🛒 Buy" in eve.labels()


def test_an_entitlement_that_is_gone_is_a_stale_button(ann, shop):
    ann.types("/start")

    assert "out of date" in ann.presses_data("ex1:999999")


# Gifts


def test_a_gift_is_bought_passed_on_and_opened(ann, bob, shop, gives, hears):
    link = gives(ann)
    assert link.startswith("/start g_")
    assert "https://t.me/demo_shop_bot?start=g_" in ann.text
    assert "🎁 Send the gift" in ann.labels()
    assert not holds(ann)

    said = opens(bob, link, after=ann)

    assert "A gift for you!" in said
    assert "Signals · Premium" in said
    assert "Signals: until April 15, 2026" in said
    assert holds(bob)
    assert not holds(ann)
    assert any("has arrived: <b>Bob" in text for text in hears(ann))


def test_the_buyer_hears_of_the_gift_with_a_key_to_its_link(ann, shop, gives, hears):
    gives(ann)

    (message,) = [text for text in hears(ann) if "gift is ready" in text]
    row = OutgoingMessage.objects.get(chat_id=ann.id, params__text=message)
    key = row.params["reply_markup"]["inline_keyboard"][0][0]
    assert "?start=g_" in ann.presses_data(key["callback_data"])


def test_the_first_gift_of_a_newcomer_asks_for_the_region_and_goes_on(ann, shop):
    ann.types("/start p_signals")
    for label in ("Premium", "1 month", "Buy as a gift", "Buy the gift"):
        ann.presses(label)
    assert "United States" in ann.text

    ann.presses("Yes")

    assert "How would you like to pay?" in ann.text
    assert "as a gift" in ann.text
    assert Order.objects.get().lines.get().terms["purpose"] == "gift"


def test_the_account_lists_gifts_and_what_became_of_them(ann, bob, shop, gives):
    link = gives(ann)

    ann.types("/account")
    ann.presses("Gifts given: 1")
    assert "Signals · Premium · 1 month: it waits to be opened" in ann.text
    assert "?start=g_" in ann.presses("Signals")
    opens(bob, link, after=ann)
    ann.types("/account")
    ann.presses("Gifts given")
    assert "it has arrived" in ann.text
    assert ann.labels() == ["⬅️ Back"]


def test_a_gift_is_not_for_who_gives_it_nor_for_a_second_person(ann, bob, eve, shop, gives):
    link = gives(ann)

    assert "This is your own gift" in ann.types(link)
    assert not holds(ann)
    opens(bob, link, after=ann)
    assert "opened this gift already" in opens(eve, link, after=ann)
    assert not holds(eve)
    assert "A gift for you!" in opens(bob, link, after=ann)
    assert Grant.objects.count() == 1


def test_a_gift_that_was_refunded_or_never_made_opens_nothing(ann, bob, shop, gives):
    link = gives(ann)
    order = Order.objects.get()
    refund(
        order_id=order.pk, amount=order.paid, reason="x", access="revoke", actor="staff:1",
        now=ann.now,
    )  # fmt: skip

    assert "does not exist, or it was withdrawn" in opens(bob, link, after=ann)
    assert "does not exist, or it was withdrawn" in bob.types("/start g_nonsense")
    assert not Grant.objects.exists()


def test_a_gift_that_was_not_opened_in_time_says_so(ann, bob, shop):
    ann.types("/start")
    create_gift(
        tier_id=shop.tiers["premium"].pk, months=1, source="staff:gift:1", actor="staff:1",
        giver_id=row_of(ann).pk, now=ann.now, expires_at=ann.now + timedelta(days=1),
    )  # fmt: skip
    code = GiftCode.objects.get().code
    ann.now = bob.now = ann.now + timedelta(days=2)

    assert "not opened in time" in bob.types(f"/start g_{code}")
    ann.presses_data("gl1")
    assert "it was not opened in time" in ann.text
    assert "not opened in time" in ann.presses_data(f"gi1:{GiftCode.objects.get().pk}")
    assert not Grant.objects.exists()


def test_somebody_elses_gift_and_order_show_no_link(ann, eve, shop, gives):
    gives(ann)
    eve.types("/start")

    for data in (f"gi1:{GiftCode.objects.get().pk}", f"gg1:{Order.objects.get().pk}"):
        assert "g_" not in eve.presses_data(data)
        assert "withdrawn" in eve.text


def test_a_gift_paid_in_another_currency_stays_a_gift(ann, shop, settle_region):
    settle_region(ann)
    ann.types("/start p_signals")
    for label in ("Premium", "1 month", "Buy as a gift", "Buy the gift"):
        ann.presses(label)
    assert not any("renews" in label for label in ann.labels())

    ann.presses("Stars")
    ann.presses("Pay ⭐")

    first, second = Order.objects.order_by("pk")
    assert (first.status, second.currency) == ("cancelled", "XTR")
    assert second.lines.get().terms["purpose"] == "gift"


def test_what_gives_no_access_cannot_be_given(ann, shop):
    ann.types("/start")

    assert "cannot be given" in ann.presses_data(f"go1:{shop.tiers['course'].pk}:1:0")
    assert not Order.objects.exists()


# Seats


def test_an_owner_invites_somebody_who_takes_a_seat(ann, bob, shop, seated, hears):
    seated(ann)
    ann.types("/account")
    assert "👥 Seats 0 of 2 · Signals" in ann.labels()
    ann.presses("Seats 0 of 2")
    ann.presses("Invite")
    assert "https://t.me/demo_shop_bot?start=s_" in ann.text

    said = opens(bob, link_of(ann), after=ann)

    assert "You have a seat" in said
    assert "Signals: until April 15, 2026" in said
    assert holds(bob)
    assert any("Bob" in text and "seat" in text for text in hears(ann))
    ann.types("/account")
    ann.presses("Seats 1 of 2")
    assert ann.labels()[0] == "👤 Bob"


def test_an_owner_removes_a_member_who_hears_of_it_once(ann, bob, shop, seated, hears):
    seated(ann)
    ann.presses_data(f"si1:{pool_id()}")
    opens(bob, link_of(ann), after=ann)
    ann.presses_data(f"se1:{pool_id()}:0")
    ann.presses("Bob")
    assert "Bob shares Signals with you" in ann.text

    ann.presses("Remove")

    assert "0 of 2 seats are taken" in ann.text
    bob.now = ann.now
    assert not holds(bob)
    assert [text for text in hears(bob) if "seat" in text or "ended" in text] == [
        "👥 Your seat in <b>Signals</b> has ended."
    ]


def test_a_link_can_be_withdrawn_and_opens_nothing_then(ann, bob, shop, seated):
    seated(ann)
    ann.presses_data(f"si1:{pool_id()}")
    link = link_of(ann)
    ann.presses("Withdraw")

    assert "does not exist, or it was withdrawn" in opens(bob, link, after=ann)
    assert not holds(bob)


def test_there_are_no_more_links_than_seats_on_the_screen(ann, shop, seated):
    seated(ann)
    for _ in range(2):
        ann.presses_data(f"se1:{pool_id()}:0")
        ann.presses("Invite")
    ann.presses("Back")

    assert ann.labels() == ["🔗 An open link", "🔗 An open link", "⬅️ Back"]
    assert "?start=s_" in ann.presses("An open link")


def test_a_seat_is_refused_to_its_owner_a_second_person_and_when_late(
    ann, bob, eve, shop, seated
):
    seated(ann)
    ann.presses_data(f"si1:{pool_id()}")
    link = link_of(ann)
    assert "need none of them" in ann.types(link)
    opens(bob, link, after=ann)
    assert "taken this seat already" in opens(eve, link, after=ann)
    ann.presses_data(f"si1:{pool_id()}")
    late = link_of(ann)
    eve.now = ann.now + timedelta(days=15)

    assert "invitation has run out" in eve.types(late)
    assert not holds(eve)


def test_all_seats_taken_is_said_kindly(ann, bob, eve, shop, seated):
    seated(ann)
    links = []
    for _ in range(2):
        ann.presses_data(f"si1:{pool_id()}")
        links.append(link_of(ann))
    TierGrant.objects.update(seats=1)
    Grant.objects.filter(seats=2).update(seats=1)
    opens(bob, links[0], after=ann)

    assert "All seats are taken" in opens(eve, links[1], after=ann)
    assert not holds(eve)


def test_nobody_sees_or_changes_the_seats_of_others(ann, bob, eve, shop, seated):
    seated(ann)
    ann.presses_data(f"si1:{pool_id()}")
    opens(bob, link_of(ann), after=ann)
    opens(eve, "/start", after=ann)
    seat = SeatInvite.objects.get()

    for data in (f"se1:{pool_id()}:0", f"sm1:{seat.pk}", f"sx1:{seat.pk}", f"si1:{pool_id()}"):
        eve.presses_data(data)
        assert "Bob" not in eve.text
    assert holds(bob)
    assert SeatInvite.objects.count() == 1


def test_seats_whose_time_is_over_are_still_shown_without_an_invitation(ann, shop, seated):
    order = seated(ann)
    ann.presses_data(f"si1:{pool_id()}")
    revoke_source(
        source=order.lines.get().source, reason="refund", actor="staff:1", now=ann.now
    )

    ann.presses_data(f"se1:{pool_id()}:0")

    assert ann.labels() == ["🔗 An open link", "⬅️ Back"]
    assert "no seats to share" in ann.presses_data(f"si1:{pool_id()}")


def pool_id():
    return Grant.objects.get(seats__gt=0).customer.seat_pools.get().pk
