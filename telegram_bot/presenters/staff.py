"""What staff read in their chat; in English, as the admin is."""


def stock_is_low(title: str, left: int, url: str) -> str:
    """Say that codes run low."""
    return f"⚠️ {title}: {left} codes left. {url}"


def delivery_has_failed(delivery_id: int, error: str, url: str) -> str:
    """Say that something paid for did not arrive."""
    return f"⚠️ Delivery {delivery_id} failed: {error} {url}"


def endpoint_is_off(name: str, problem: str, url: str) -> str:
    """Say that another system hears of nothing any more."""
    return (
        f"⚠️ {name} took no message for three days and was switched off. Last: {problem}."
        f" Messages wait until it is switched on again. {url}"
    )


def rates_have_jumped(currencies: str, url: str) -> str:
    """Say that exchange rates moved too far to be believed without a person."""
    return (
        f"⚠️ Exchange rates jumped: {currencies}. Prices keep the old ones until you accept or "
        f"reject the new ones. {url}"
    )


def rates_are_late(days: int, url: str) -> str:
    """Say that prices rest on old exchange rates."""
    return f"⚠️ No exchange rate came for {days} days; prices use the old ones. {url}"
