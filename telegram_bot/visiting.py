"""What must be known before an update is handled? All of it is gathered here."""

from dataclasses import dataclass
from datetime import datetime

from catalog.snapshot import CATALOG
from customers.languages import guess_region
from customers.services import mark_bot_unblocked, meet
from pricing.book import price_book_at, price_book_at_hand
from telegram_bot import inbox
from telegram_bot.bridge import in_db
from telegram_bot.commands import COMMANDS
from telegram_bot.conversation import PATIENCE
from telegram_bot.envelope import Envelope, Person
from telegram_bot.inbox import CustomerRow, Letter, Stored, TalkRow
from telegram_bot.storing import store
from telegram_bot.visit import Talk, Visit, Visitor


@dataclass(frozen=True, slots=True)
class Taken:
    """A stored update, ready to be handled; ``pk`` is None for a repeat.

    ``problem`` is what went wrong after storing: by then Telegram must hear 200.
    """

    pk: int | None
    visit: Visit | None = None
    problem: Exception | None = None


async def take(*, bot_id: int, envelope: Envelope, body: bytes, now: datetime) -> Taken:
    """Store an update and look around the shop for its customer.

    Raises:
        DatabaseError: it could not be stored.
    """
    stored = await store(Letter(bot_id, envelope, body, now))
    if stored.pk is None and envelope.kind != "pre_checkout_query":
        return Taken(pk=None)
    at_once = _at_a_glance(stored, bot_id, envelope, now)
    return at_once or await in_db(_looked_around)(stored, bot_id, envelope, now)


def take_again(*, bot_id: int, pk: int, envelope: Envelope, now: datetime) -> Taken:
    """Look around the shop for an update that was stored before."""
    stored = inbox.read_again(pk=pk, bot_id=bot_id, envelope=envelope)
    return _looked_around(stored, bot_id, envelope, now)


def _at_a_glance(
    stored: Stored, bot_id: int, envelope: Envelope, now: datetime
) -> Taken | None:
    """Look around without the database: for a customer and a shop that have not changed."""
    row, person = stored.customer, envelope.person
    if person is None:
        return Taken(pk=stored.pk)
    catalog = CATALOG.at_hand(stored.catalog_version)
    book = price_book_at_hand(stored.pricing_version)
    commands = COMMANDS.at_hand(stored.commands_version)
    if catalog is None or book is None or commands is None or row is None:
        return None
    if row.blocked_bot_at is not None or _has_changed(row, person, now):
        return None
    return Taken(
        pk=stored.pk,
        visit=Visit(
            bot_id=bot_id,
            update_id=envelope.update_id,
            chat_id=envelope.chat_id or person.id,
            at=now,
            visitor=_known(row, person),
            catalog=catalog,
            book=book,
            commands=commands,
            talk=_talk(stored.talk, now),
        ),
    )


def _looked_around(stored: Stored, bot_id: int, envelope: Envelope, now: datetime) -> Taken:
    if envelope.person is None:
        return Taken(pk=stored.pk)
    try:
        visit = Visit(
            bot_id=bot_id,
            update_id=envelope.update_id,
            chat_id=envelope.chat_id or envelope.person.id,
            at=now,
            visitor=_visitor(stored.customer, envelope, envelope.person, now),
            catalog=CATALOG.get_at(stored.catalog_version),
            book=price_book_at(stored.pricing_version),
            commands=COMMANDS.get_at(stored.commands_version),
            talk=_talk(stored.talk, now),
        )
    except Exception as problem:  # noqa: BLE001  stored already: kept with the update instead
        return Taken(pk=stored.pk, problem=problem)
    return Taken(pk=stored.pk, visit=visit)


def _talk(row: TalkRow | None, now: datetime) -> Talk:
    if row is None:
        return Talk()
    is_fresh = now < row.updated_at + PATIENCE
    return Talk(step=row.step if is_fresh else "", promo_code=row.promo_code)


def _visitor(
    row: CustomerRow | None, envelope: Envelope, person: Person, now: datetime
) -> Visitor:
    if row is None or _has_changed(row, person, now):
        return _met(person, now, row)
    if row.blocked_bot_at is not None and envelope.is_private:
        mark_bot_unblocked(telegram_id=person.id, now=now)
    return _known(row, person)


def _known(row: CustomerRow, person: Person) -> Visitor:
    return Visitor(
        id=row.id,
        telegram_id=person.id,
        first_name=row.first_name,
        language=row.language,
        region=row.region,
        guessed_region=guess_region(row.telegram_language),
        referrer_id=row.referrer_id,
        referral_code=row.referral_code,
        has_bought=row.has_bought,
        first_purchase_held_by=row.first_purchase_held_by,
    )


def _has_changed(row: CustomerRow, person: Person, now: datetime) -> bool:
    told = (person.username, person.first_name, person.last_name, person.language_code)
    known = (row.username, row.first_name, row.last_name, row.telegram_language)
    return told != known or row.last_seen_at.date() < now.date()


def _met(person: Person, now: datetime, row: CustomerRow | None) -> Visitor:
    customer = meet(
        telegram_id=person.id,
        username=person.username,
        first_name=person.first_name,
        last_name=person.last_name,
        language_code=person.language_code,
        now=now,
    )
    return Visitor(
        id=customer.pk,
        telegram_id=customer.telegram_id,
        first_name=customer.first_name,
        language=customer.language,
        region=customer.region,
        guessed_region=customer.guessed_region,
        referrer_id=customer.referrer_id,
        referral_code=customer.referral_code,
        has_bought=row is not None and row.has_bought,
        first_purchase_held_by=None if row is None else row.first_purchase_held_by,
        is_new=row is None,
    )
