"""In and out of a gated channel, with access asked three ways at each step."""

import pytest

from api.models import Scope
from entitlements.explain import explain
from telegram_bot.gates.models import Removal
from tests.telegram_bot.gates.conftest import anna, found, owner, room, world

__all__ = ["anna", "found", "owner", "room", "world"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def access(world, anna, make_program):
    """Ask the bot, the API and ``explain``; return whether there is access, and why."""
    program = make_program(*Scope.values)

    def look():
        why = explain(world.customer(anna).pk, "signals", world.now)
        asked = program.get(
            f"/api/v1/customers/{anna.id}/entitlements/", {"as_of": world.now.isoformat()}
        )
        held = asked.json()["entitlements"].get("signals", {"is_active": False})
        anna.send("/account")
        world.listen()
        shows_it = any(line.startswith("• Signals") for line in anna.last().text.splitlines())
        assert (held["is_active"], shows_it) == (why.has_access, why.has_access)
        return why.has_access, why.verdict

    return look


@pytest.fixture
def asks_to_join(world, room, anna):
    def ask():
        anna.join(room.invite_link)
        world.listen()
        world.work()
        return anna.place_in(room.chat_id)

    return ask


def test_declined_bought_let_in_expired_removed_and_back_again(
    world, room, anna, access, asks_to_join
):
    assert (asks_to_join(), access()) == ("left", (False, "never_granted"))

    world.grant(anna, days=30, grace=2)
    assert (asks_to_join(), access()) == ("member", (True, "granted"))

    world.sim.advance(days=31)
    world.work()
    assert (anna.place_in(room.chat_id), access()) == ("member", (True, "in_grace"))
    assert not Removal.objects.exists()

    world.sim.advance(days=1)
    world.work()
    assert (anna.place_in(room.chat_id), access()) == ("left", (False, "ended"))
    assert not world.member(anna).is_inside
    assert asks_to_join() == "left"

    world.grant(anna, source="order-line:2")
    assert (asks_to_join(), access()) == ("member", (True, "granted"))
    removed = world.sim.api_calls("banChatMember")
    assert [each["request"]["user_id"] for each in removed] == [anna.id]
