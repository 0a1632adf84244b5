"""An explanation in words: the same in the bot, the admin, the API and the command."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.levels import Level
from entitlements.explain import Explanation, Reason


def explanation_text(explanation: Explanation, language: str) -> str:
    """Return the verdict as a sentence and each reason as a line below it; times in UTC."""
    with translation.override(language):
        lines = [_VERDICTS[explanation.verdict](explanation)]
        lines += [f"• {reason_text(reason)}" for reason in explanation.reasons]
    return "\n".join(lines)


def reason_text(reason: Reason) -> str:
    """Return one reason in the active language."""
    return _REASONS[reason.code](_words(reason.params))


def moment(at: datetime) -> str:
    """Return a moment as the active language writes it, in UTC."""
    return f"{date_format(at, 'DATE_FORMAT')}, {at:%H:%M} UTC"


def source_name(source: str) -> str:
    """Return what gave a grant, as a customer would call it."""
    names: Mapping[str, str] = {
        "order-line": _("your order"),
        "subscription": _("your subscription"),
        "gift": _("a gift"),
        "trial": _("a trial"),
        "goodwill": _("our team"),
        "staff": _("our team"),
        "promo": _("a promotion"),
        "seat": _("a shared seat"),
    }
    return names.get(source.partition(":")[0], _("the shop"))


def _words(params: Mapping[str, Any]) -> dict[str, str]:
    """Turn parameters into words: moments, levels and sources as people write them."""
    words = {key: "" if value is None else str(value) for key, value in params.items()}
    for key in ("starts_at", "ends_at", "grace_until", "revoked_at"):
        if params.get(key):
            words[key] = moment(datetime.fromisoformat(params[key]))
    for key in ("level", "asked", "held"):
        if params.get(key):
            words[key] = str(Level(params[key]).label)
    words["source"] = source_name(words.get("source", ""))
    return words


def _line(template: Callable[[], str]) -> Callable[[dict[str, str]], str]:
    return lambda words: template() % words


def _counts(words: dict[str, str]) -> str:
    if not words["ends_at"]:
        return _("%(level)s from %(source)s, since %(starts_at)s, for life.") % words
    return _("%(level)s from %(source)s, from %(starts_at)s to %(ends_at)s.") % words


def _revoked(words: dict[str, str]) -> str:
    if words["reason"]:
        return _("%(level)s from %(source)s was revoked on %(revoked_at)s: %(reason)s.") % words
    return _("%(level)s from %(source)s was revoked on %(revoked_at)s.") % words


def _blocked(words: dict[str, str]) -> str:
    sentences: Mapping[str, str] = {
        "fraud": _("Access is suspended since %(starts_at)s: suspected fraud."),
        "dispute": _("Access is suspended since %(starts_at)s: a payment is disputed."),
        "staff": _("Access is suspended since %(starts_at)s by our team."),
    }
    return sentences[words["kind"]] % words


def _ended(words: dict[str, str]) -> str:
    if words["grace_until"]:
        return (
            _(
                "%(level)s from %(source)s ended on %(ends_at)s; the days to pay late"
                " ended on %(grace_until)s."
            )
            % words
        )
    return _("%(level)s from %(source)s ended on %(ends_at)s.") % words


_REASONS: Mapping[str, Callable[[dict[str, str]], str]] = {
    "grant_counts": _counts,
    "grant_in_grace": _line(
        lambda: _(
            "%(level)s from %(source)s ended on %(ends_at)s; access goes on until"
            " %(grace_until)s so that you can renew."
        )
    ),
    "grant_waits": _line(
        lambda: _("%(level)s from %(source)s is paid and begins on %(starts_at)s.")
    ),
    "grant_deferred": _line(
        lambda: _(
            "%(level)s from %(source)s waits for the higher level to end and resumes on"
            " %(starts_at)s."
        )
    ),
    "grant_ended": _ended,
    "grant_revoked": _revoked,
    "block_stands": _blocked,
    "owner_is_blocked": _line(
        lambda: _("The seat's owner has no access since %(starts_at)s, so the seat has none.")
    ),
    "highest_level_wins": _line(lambda: _("Of several levels the highest counts: %(level)s.")),
    "level_too_low": _line(
        lambda: _("%(asked)s is needed; the highest level held is %(held)s.")
    ),
    "switched_off": _line(lambda: _("The shop has switched this off for everybody.")),
    "never_granted": _line(lambda: _("It was never bought, given or tried.")),
}


def _verdict(template: Callable[[], str]) -> Callable[[Explanation], str]:
    return lambda explanation: (
        template() % {"name": explanation.name, "at": moment(explanation.at)}
    )


_VERDICTS: Mapping[str, Callable[[Explanation], str]] = {
    "granted": _verdict(lambda: _("%(name)s: access on %(at)s.")),
    "in_grace": _verdict(lambda: _("%(name)s: access on %(at)s, in the days to pay late.")),
    "blocked": _verdict(lambda: _("%(name)s: no access on %(at)s, because it is suspended.")),
    "switched_off": _verdict(
        lambda: _("%(name)s: no access on %(at)s, because it is switched off.")
    ),
    "level_too_low": _verdict(
        lambda: _("%(name)s: no access on %(at)s at the level that is needed.")
    ),
    "waiting": _verdict(lambda: _("%(name)s: no access on %(at)s, but it is about to begin.")),
    "ended": _verdict(lambda: _("%(name)s: no access on %(at)s, because it has ended.")),
    "revoked": _verdict(lambda: _("%(name)s: no access on %(at)s, because it was revoked.")),
    "never_granted": _verdict(lambda: _("%(name)s: no access on %(at)s.")),
}
