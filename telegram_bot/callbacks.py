"""What can a button carry? Ids, months, a fingerprint and a nonce; never a price.

A prefix is two letters and a version. Raise the version when the fields change: an old button
then matches nothing and is answered politely.
"""

from aiogram.filters.callback_data import MAX_CALLBACK_LENGTH, CallbackData

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def nonce_of(update_id: int) -> str:
    """Write the number of the update that drew a screen in base 36: at most 13 characters."""
    digits = ""
    while update_id:
        update_id, digit = divmod(update_id, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


class ButtonData(CallbackData, prefix="bt0"):
    """What every button carries: numbers, switches and words without a colon."""

    def pack(self) -> str:
        """Write it as aiogram does, in a quarter of the time: it asks pydantic for a copy.

        Raises:
            ValueError: a word has a colon, or Telegram's 64 bytes are not enough.
        """
        values = self.__dict__.values()
        written = [str(int(each)) if isinstance(each, bool) else str(each) for each in values]
        data = ":".join((self.__prefix__, *written))
        is_long = not data.isascii() or len(data) > MAX_CALLBACK_LENGTH
        if is_long or data.count(":") != len(written):
            raise ValueError(f"{data!r} does not fit a button")
        return data


class ShowMenu(ButtonData, prefix="mn1"):
    """The main menu."""


class ShowShop(ButtonData, prefix="sh1"):
    """The top of the shop."""


class ShowCategory(ButtonData, prefix="ca1"):
    """One category; long ones have pages, counted from 0."""

    category_id: int
    page: int = 0


class ShowProduct(ButtonData, prefix="pr1"):
    """One product with its tiers."""

    product_id: int


class ShowTier(ButtonData, prefix="ti1"):
    """One tier with its numbers of months."""

    tier_id: int


class ShowPrice(ButtonData, prefix="qu1"):
    """A price; ``with_code`` applies the promotion code typed last."""

    tier_id: int
    months: int
    quantity: int = 1
    with_code: bool = False


class ShowWhy(ButtonData, prefix="wy1"):
    """The calculation behind a price."""

    tier_id: int
    months: int
    quantity: int = 1
    with_code: bool = False


class AskCode(ButtonData, prefix="pc1"):
    """Type a promotion code for this offer."""

    tier_id: int
    months: int
    quantity: int = 1


class Checkout(ButtonData, prefix="co1"):
    """Order what the screen showed.

    ``fingerprint`` names the price shown; ``nonce`` the update that drew the screen, so that
    the same button orders once and the same offer shown anew orders again.
    """

    tier_id: int
    months: int
    quantity: int
    with_code: bool
    fingerprint: str
    nonce: str


class ConfirmRegion(ButtonData, prefix="rg1"):
    """Fix the region; ``is_for_order`` goes on with the order that the question interrupted."""

    region: str
    is_for_order: bool = False


class ChooseRegion(ButtonData, prefix="rl1"):
    """The list of regions."""

    is_for_order: bool = False


class ShowOrders(ButtonData, prefix="os1"):
    """The customer's orders, a page of them, counted from 0."""

    page: int = 0


class ShowOrder(ButtonData, prefix="or1"):
    """One order; a waiting one shows its ways to pay."""

    order_id: int


class Pay(ButtonData, prefix="py1"):
    """Open a payment of an order by one way, once or renewing by itself."""

    order_id: int
    gateway: str
    renews: bool = False


class PayAnew(ButtonData, prefix="pn1"):
    """Order the same in the currency of another way, and pay it so.

    The fingerprint is that of the price shown in this currency.
    """

    order_id: int
    gateway: str
    fingerprint: str
    nonce: str


class RenewAnew(PayAnew, prefix="rw1"):
    """The same, renewing by itself."""


class PayDemo(ButtonData, prefix="pd1"):
    """Pay an order without money, where the shop is only tried."""

    order_id: int


class CheckPayment(ButtonData, prefix="ck1"):
    """Ask whether the money has come."""

    order_id: int


class CancelOrder(ButtonData, prefix="cx1"):
    """Cancel an unpaid order; first asked, then done."""

    order_id: int
    is_sure: bool = False


class ShowReceipt(ButtonData, prefix="rc1"):
    """The receipt of a paid order, again."""

    order_id: int


class GetAgain(ButtonData, prefix="ga1"):
    """Send what an order brought once more."""

    order_id: int


class AskAddress(ButtonData, prefix="ad1"):
    """Type where the parcel of an order goes."""

    order_id: int


class ChooseShipping(ButtonData, prefix="sp1"):
    """Send an order that way."""

    order_id: int
    option_id: int


class TellMe(ButtonData, prefix="sw1"):
    """Write when a tier that is sold out is back."""

    tier_id: int


class ShowAccount(ButtonData, prefix="ac1"):
    """What the customer has."""


class ShowRenewals(ButtonData, prefix="ra1"):
    """The customer's renewal agreements."""


class ShowRenewal(ButtonData, prefix="rn1"):
    """One renewal agreement."""

    subscription_id: int


class SetRenewal(ButtonData, prefix="rs1"):
    """Let an agreement renew, or stop it at the end of what is paid."""

    subscription_id: int
    renews: bool


class ChoosePlan(ButtonData, prefix="cp1"):
    """What an agreement may be changed to."""

    subscription_id: int


class PreviewPlan(ButtonData, prefix="pp1"):
    """What a change of plan costs now and later."""

    subscription_id: int
    tier_id: int


class ConfirmPlan(ButtonData, prefix="pf1"):
    """Change to the plan that the screen showed.

    ``moment`` is when it was computed, in seconds; the fingerprint names what it promised.
    """

    subscription_id: int
    tier_id: int
    moment: int
    fingerprint: str


class ShowPortal(ButtonData, prefix="po1"):
    """The provider's own page about an agreement's card and invoices."""

    subscription_id: int


class StartTrial(ButtonData, prefix="tr1"):
    """Try a tier for free."""

    tier_id: int


class ShowAccess(ButtonData, prefix="ax1"):
    """Everything the customer has or had."""


class ExplainAccess(ButtonData, prefix="ex1"):
    """Why the customer has something, or has not."""

    type_id: int


class ShowGiftOffer(ButtonData, prefix="go1"):
    """The price of something for somebody else."""

    tier_id: int
    months: int
    with_code: bool = False


class BuyGift(ButtonData, prefix="gb1"):
    """Order the gift that the screen showed; see ``Checkout``."""

    tier_id: int
    months: int
    with_code: bool
    fingerprint: str
    nonce: str


class ShowGifts(ButtonData, prefix="gl1"):
    """The gifts that the customer has given."""


class ShowGift(ButtonData, prefix="gi1"):
    """One of them, with its link."""

    gift_id: int


class GiveOrder(ButtonData, prefix="gg1"):
    """The gift that an order paid for."""

    order_id: int


class ShowSeats(ButtonData, prefix="se1"):
    """Who shares something with the customer; pages are counted from 0."""

    pool_id: int
    page: int = 0


class ShowSeat(ButtonData, prefix="sm1"):
    """One member, or one link that is open."""

    seat_id: int


class InviteToSeat(ButtonData, prefix="si1"):
    """Make a link for one more person."""

    pool_id: int


class RemoveSeat(ButtonData, prefix="sx1"):
    """Remove a member, or withdraw a link."""

    seat_id: int


class ShowAffiliate(ButtonData, prefix="af1"):
    """What the customer's link has brought."""


class ShowStatement(ButtonData, prefix="as1"):
    """The affiliate's account, a page of it, counted from 0."""

    page: int = 0


class ShowGiftCards(ButtonData, prefix="gc1"):
    """What is on the customer's gift cards."""


class RedeemCard(ButtonData, prefix="gr1"):
    """Type the code of a gift card."""


class OfferCard(ButtonData, prefix="gf1"):
    """What an order costs when gift cards pay their part."""

    order_id: int


class PayByCard(ButtonData, prefix="gp1"):
    """Order the same with gift cards paying their part; see ``PayAnew``."""

    order_id: int
    fingerprint: str
    nonce: str


class ShowLanguages(ButtonData, prefix="ll1"):
    """The list of languages."""


class ChooseLanguage(ButtonData, prefix="lg1"):
    """Speak this language from now on."""

    language: str


class ShowHelp(ButtonData, prefix="hp1"):
    """What the bot can do."""


class ShowTerms(ButtonData, prefix="tm1"):
    """The terms of sale."""


class AskSupport(ButtonData, prefix="su1"):
    """Type a question about a payment; order 0 is none in particular."""

    order_id: int = 0


class StopTyping(ButtonData, prefix="st1"):
    """Forget what was asked to be typed."""


#: Every kind of button there is.
BUTTONS: tuple[type[ButtonData], ...] = tuple(
    kind
    for kind in tuple(globals().values())
    if isinstance(kind, type) and issubclass(kind, ButtonData) and kind is not ButtonData
)
