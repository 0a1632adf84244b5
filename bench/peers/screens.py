"""The screens every reference variant shows: of the same size as the shop's own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Screen:
    """A text and rows of (button, callback data)."""

    text: str
    rows: tuple[tuple[tuple[str, str], ...], ...]


SCREENS = {
    "start": Screen(
        "👋 Welcome, <b>Anna</b>!\n\nEverything here is yours the moment you pay.",
        ((("🛍 Shop", "shop"),), (("📦 My orders", "orders"), ("👤 Account", "account"))),
    ),
    "shop": Screen(
        "<b>Shop</b>\n\nWhat are you looking for?",
        (
            (("📈 Trading", "category:1"), ("🎓 Courses", "category:2")),
            (("🧰 Tools", "category:3"), ("👕 Goods", "category:4")),
            (("⬅️ Back", "start"),),
        ),
    ),
    "category": Screen(
        "📈 <b>Trading</b>\n\nSignals and research, every day.",
        (
            (("Signals", "product:1"),),
            (("Research notes", "product:2"),),
            (("Market scanner", "product:3"),),
            (("⬅️ Back", "shop"),),
        ),
    ),
    "product": Screen(
        "<b>Signals</b>\n\nHand-checked entries with stop and target, explained.\n\n"
        "• Up to five a day\n• Works with every broker\n• Private channel",
        (
            (("Premium · $20.00 / month", "tier:1"),),
            (("VIP · $50.00 / month", "tier:2"),),
            (("Enterprise · $200.00 / month", "tier:3"),),
            (("⬅️ Back", "category:1"),),
        ),
    ),
    "tier": Screen(
        "<b>Signals · Premium</b>\n\nFor how long?",
        (
            (("1 month", "price:1:1"), ("3 months −5 %", "price:1:3")),
            (("6 months −10 %", "price:1:6"), ("12 months −20 %", "price:1:12")),
            (("⬅️ Back", "product:1"),),
        ),
    ),
    "price": Screen(
        "<b>Signals · Premium</b>\n12 months\n\n<b>$172.80</b>\n\n"
        "12 × $20.00 = $240.00\n12 months −20 %: −$48.00\nInvited by a friend −10 %: −$19.20",
        (
            (("✅ Buy for $172.80", "checkout:1:12"),),
            (("❓ Why this price?", "price:1:12"), ("🎟 I have a code", "price:1:12")),
            (("⬅️ Back", "tier:1"),),
        ),
    ),
    "checkout": Screen(
        "<b>Order 1000-0001</b>\n\nSignals · Premium, 12 months\n<b>$172.80</b>\n\n"
        "Pay within 30 minutes.",
        (
            (("⭐ Pay with Stars", "pay:1"),),
            (("💳 Pay by card", "pay:2"),),
            (("✖️ Cancel", "shop"),),
        ),
    ),
}
