"""One price from a friend's link to the last refund, for customer, affiliate and staff."""

import re

import pytest

pytestmark = pytest.mark.browser

NO_ROWS = {"INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "9"}


def rows(prefix, *each):
    """Return the fields of an inline table of a form."""
    filled = {f"{prefix}-{name}": value for name, value in NO_ROWS.items()}
    filled[f"{prefix}-TOTAL_FORMS"] = str(len(each))
    for number, row in enumerate(each):
        filled |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return filled


@pytest.fixture
def rules(admin, page):
    """A code for 10 % off, and a running experiment with the price of weekly research."""
    admin.sign_in()
    tier = admin.first_of("catalog/producttier/?q=weekly")
    admin.open(f"catalog/producttier/{tier}/change/")
    level = page.locator("#id_level").input_value()
    assert level == "premium"
    admin.post(
        "pricing/promotion/add/",
        name_en="Fair price", key="fair-price", trigger="code", is_active="on", kind="percent",
        percent_bps="10", priority="100",
        **rows("amounts"),
        **rows("limits", {"kind": "total", "allowed": "5"}),
    )  # fmt: skip
    promotion = admin.first_of("pricing/promotion/?q=fair-price")
    admin.post(
        "pricing/promocode/add/", code="FAIR", is_active="on", promotion=promotion,
        **rows("limits"),
    )  # fmt: skip
    arms = [{"name": name, "factor_bps": "110", "weight": "1"} for name in ("First", "Second")]
    admin.post(
        "pricing/experiment/add/", name="Dearer research", tier=tier, honored_days="30",
        **rows("arms", *arms),
    )  # fmt: skip
    experiment = admin.first_of("pricing/experiment/?q=Dearer")
    admin.post(f"pricing/experiment/{experiment}/start/", _form_submitted="on")
    yield {"promotion": promotion, "experiment": experiment}
    admin.post(f"pricing/experiment/{experiment}/stop/", reason="Told", _form_submitted="on")


def choose_a_year(chat, tier):
    chat.send("/start p_weekly-research")
    chat.press(tier)
    chat.press("12 months")


def explained(chat, page, picture, name):
    """Ask why this price, and go back; return what was said."""
    chat.press("Why this price?")
    reason = "because a friend sent you"
    chat.reads(reason)
    picture(name)
    # A receipt of before may come in meanwhile, below.
    said = page.get_by_test_id("message").filter(has_text=reason).last.inner_text()
    chat.press("Back")
    return said


def pay(chat, picture, name):
    chat.press("Buy for")
    chat.reads("How would you like to pay?")
    chat.press("Demo payment")
    chat.press("– demo")
    chat.reads("Receipt")
    picture(name)


def staff_see(rules, admin, page, picture):
    """Look at the code's limit and the experiment's result."""
    admin.sign_in()
    for name, path, said in (
        ("fair-04-limits", f"promotion/{rules['promotion']}", "Taken by all customers"),
        ("fair-05-experiment", f"experiment/{rules['experiment']}", "Share of buyers"),
    ):
        admin.open(f"pricing/{path}/change/")
        page.get_by_text(said).first.scroll_into_view_if_needed()
        picture(name)


def staff_refund(admin, page, picture):
    """Give the latest payment back, and look at the affiliate's ledger."""
    admin.sign_in()
    admin.refund_latest(picture, "fair-08-refund")
    admin.open("pricing/commissionentry/")
    assert "Taken back: the customer was refunded" in page.locator("#result_list").inner_text()
    picture("fair-09-ledger")


def test_a_referred_european_buys_with_a_code_under_an_experiment_upgrades_and_is_refunded(
    rules, chat, admin, page, picture, shop
):
    chat.open_as("Rosa")
    chat.send("/affiliate")
    chat.reads("Bring friends")
    picture("fair-01-affiliate")
    invited_by = re.search(
        r"start=(r_[\w-]+)", page.get_by_test_id("message").last.inner_text()
    )

    chat.open_as("Emil", start=invited_by[1])
    chat.reads("A friend has invited you")
    chat.send("/region")
    chat.press("European Union")
    chat.send("/start promo_FAIR")
    choose_a_year(chat, "Premium")
    said = explained(chat, page, picture, "fair-02-why")
    assert "Promo code FAIR: −€10.36" in said
    assert "You pay: €93.23" in said
    pay(chat, picture, "fair-03-receipt")

    staff_see(rules, admin, page, picture)

    shop.simulator.advance(days=182)
    chat.return_as("Emil")
    choose_a_year(chat, "VIP")
    said = explained(chat, page, picture, "fair-06-upgrade")
    assert "Credit for the time" in said
    pay(chat, picture, "fair-07-upgraded")

    staff_refund(admin, page, picture)
    chat.return_as("Rosa")
    chat.send("/affiliate")
    chat.reads("To be paid: €9.32")
    picture("fair-10-account")
