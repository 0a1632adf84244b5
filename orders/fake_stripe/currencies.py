"""Which amounts of which currencies does Stripe take?"""

from collections.abc import Mapping

from orders.fake_stripe.refusals import StripeRefusal

ZERO_DECIMAL = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()  # noqa: SIM905
)
#: Two decimals on the wire, but whole units only: 5 krónur are 500.
WHOLE_UNITS_OF_HUNDRED = frozenset({"isk", "ugx"})
#: Three decimals on the wire, the last of them 0.
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
TWO_DECIMAL = frozenset(
    """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd
    cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd
    hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk
    mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron
    rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah usd
    uyu uzs wst xcd yer zar zmw
    """.split()  # noqa: SIM905
)
SUPPORTED = ZERO_DECIMAL | WHOLE_UNITS_OF_HUNDRED | THREE_DECIMAL | TWO_DECIMAL

#: The smallest charge where Stripe names one, in the wire's unit.
MINIMUM: Mapping[str, int] = {
    "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
    "usd": 50,
}  # fmt: skip
MAXIMUM = 99_999_999


def check_currency(currency: str) -> None:
    """Refuse what is no currency of Stripe's."""
    if currency not in SUPPORTED:
        raise StripeRefusal(
            f"Invalid currency: {currency}. Stripe currently supports these currencies: "
            + ", ".join(sorted(SUPPORTED)),
            param="currency",
        )


def check_precision(amount: int, currency: str, *, param: str) -> None:
    """Refuse decimals that the currency does not have."""
    check_currency(currency)
    if amount < 0:
        raise StripeRefusal(
            "Invalid non-negative integer", code="parameter_invalid_integer", param=param
        )
    if currency in WHOLE_UNITS_OF_HUNDRED and amount % 100:
        raise StripeRefusal(
            f"The amount {amount} is not valid: {currency.upper()} has no decimals.",
            code="invalid_charge_amount_no_decimal_compatible",
            param=param,
        )
    if currency in THREE_DECIMAL and amount % 10:
        raise StripeRefusal(
            f"Amounts in {currency.upper()} must be divisible by 10.",
            code="invalid_charge_amount",
            param=param,
        )


def check_charge(amount: int, currency: str) -> None:
    """Refuse an amount too small or too large to be charged."""
    least = MINIMUM.get(currency, 1)
    if amount < least:
        raise StripeRefusal(
            "The Checkout Session's total amount due must add up to at least "
            f"{money(least, currency)}",
            code="amount_too_small",
        )
    if amount > MAXIMUM:
        raise StripeRefusal(
            f"Amount must be no more than {money(MAXIMUM, currency)}", code="amount_too_large"
        )


def decimals(currency: str) -> int:
    """Return how many decimals the wire's unit has below the currency's own."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def money(amount: int, currency: str) -> str:
    """Write an amount as Stripe's messages and pages do.

    >>> money(17280, "usd"), money(500, "jpy"), money(5120, "kwd")
    ('$172.80', '¥500', '5.120 KWD')
    """
    digits = decimals(currency)
    whole, rest = divmod(abs(amount), 10**digits)
    text = f"{whole:,}" + (f".{rest:0{digits}d}" if digits else "")
    sign = "-" if amount < 0 else ""
    symbol = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {currency.upper()}"
