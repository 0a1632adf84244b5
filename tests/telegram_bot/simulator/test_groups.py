"""Gated channels: links, join requests, members and bans."""

from typing import Any

import pytest

from telegram_bot.simulator.client import Person, Simulator, SimulatorRefused
from tests.telegram_bot.simulator.toy_bot import ToyBot


@pytest.fixture
def channel(sim: Simulator, bot: ToyBot) -> dict[str, Any]:
    owner = sim.user("Owner")
    found = sim.channel("VIP room", owner_id=owner.id)
    assert sim.settle()
    return found


@pytest.fixture
def link(sim: Simulator, channel: dict[str, Any]) -> str:
    made = sim.call(
        "createChatInviteLink", chat_id=channel["id"], name="VIP", creates_join_request=True
    )
    return str(made["result"]["invite_link"])


def test_the_bot_is_told_that_it_was_made_administrator(
    sim: Simulator, bot: ToyBot, channel: dict[str, Any]
):
    [update] = [one["my_chat_member"] for one in bot.updates]

    assert update["old_chat_member"]["status"] == "left"
    assert update["new_chat_member"]["status"] == "administrator"
    assert update["new_chat_member"]["can_invite_users"] is True
    assert update["chat"] == {"id": channel["id"], "type": "channel", "title": "VIP room"}


def test_a_join_request_waits_until_it_is_approved(
    sim: Simulator, bot: ToyBot, anna: Person, channel: dict[str, Any], link: str
):
    assert anna.join(link) == "requested"
    assert sim.settle()
    request = bot.updates[-1]["chat_join_request"]
    assert request["from"]["id"] == request["user_chat_id"] == anna.id
    assert request["invite_link"]["name"] == "VIP"
    assert anna.place_in(channel["id"]) == "requested"

    place = {"chat_id": channel["id"], "user_id": anna.id}
    assert sim.call("approveChatJoinRequest", **place)["ok"]

    assert anna.place_in(channel["id"]) == "member"
    assert sim.settle()
    change = bot.updates[-1]["chat_member"]
    assert change["via_join_request"] is True
    assert change["invite_link"]["invite_link"] == link
    again = sim.call("approveChatJoinRequest", **place)
    assert again["description"] == "Bad Request: USER_ALREADY_PARTICIPANT"


def test_a_declined_request_is_gone(
    sim: Simulator, bot: ToyBot, anna: Person, channel: dict[str, Any], link: str
):
    anna.join(link)
    place = {"chat_id": channel["id"], "user_id": anna.id}

    assert sim.call("declineChatJoinRequest", **place)["ok"]

    assert anna.place_in(channel["id"]) == "left"
    again = sim.call("declineChatJoinRequest", **place)
    assert again["description"] == "Bad Request: HIDE_REQUESTER_MISSING"


def test_who_asks_to_join_may_be_written_to_for_five_minutes(
    sim: Simulator, bot: ToyBot, anna: Person, link: str
):
    anna.join(link)
    assert sim.call("sendMessage", chat_id=anna.id, text="Buy first")["ok"]

    sim.advance(seconds=301)

    late = sim.call("sendMessage", chat_id=anna.id, text="Buy first")
    assert late["description"] == "Forbidden: bot can't initiate conversation with a user"


def test_a_ban_removes_and_ends_by_itself(
    sim: Simulator, bot: ToyBot, anna: Person, channel: dict[str, Any], link: str
):
    place = {"chat_id": channel["id"], "user_id": anna.id}
    anna.join(link)
    sim.call("approveChatJoinRequest", **place)

    assert sim.call("banChatMember", **place, until_date=int(sim.now()) + 90)["ok"]

    assert anna.place_in(channel["id"]) == "kicked"
    with pytest.raises(SimulatorRefused, match="banned"):
        anna.join(link)
    sim.advance(seconds=91)
    assert anna.place_in(channel["id"]) == "left"
    assert anna.join(link) == "requested"


@pytest.mark.parametrize("ahead", [5, 367 * 86400])
def test_a_ban_too_short_or_too_long_is_for_ever(
    sim: Simulator, bot: ToyBot, anna: Person, channel: dict[str, Any], ahead: int
):
    place = {"chat_id": channel["id"], "user_id": anna.id}
    sim.call("banChatMember", **place, until_date=int(sim.now()) + ahead)

    sim.advance(days=400)

    assert anna.place_in(channel["id"]) == "kicked"
    assert sim.call("getChatMember", **place)["result"]["until_date"] == 0


def test_lifting_a_ban_leaves_members_alone_when_asked_to(
    sim: Simulator, bot: ToyBot, anna: Person, channel: dict[str, Any]
):
    place = {"chat_id": channel["id"], "user_id": anna.id}
    anna.join(sim.add_link(channel["id"]))

    assert sim.call("unbanChatMember", **place, only_if_banned=True)["ok"]
    assert anna.place_in(channel["id"]) == "member"

    assert sim.call("unbanChatMember", **place)["ok"]
    assert anna.place_in(channel["id"]) == "left"


def test_owner_and_administrators_are_out_of_reach(
    sim: Simulator, bot: ToyBot, channel: dict[str, Any]
):
    owner = sim.user("Owner")

    answer = sim.call("banChatMember", chat_id=channel["id"], user_id=owner.id)

    assert answer["description"] == "Bad Request: can't remove chat owner"
    assert owner.place_in(channel["id"]) == "creator"


def test_a_bot_without_the_right_may_not(
    sim: Simulator, bot: ToyBot, anna: Person, channel: dict[str, Any]
):
    sim.place_bot(channel["id"], can_restrict_members=False, can_invite_users=False)

    ban = sim.call("banChatMember", chat_id=channel["id"], user_id=anna.id)
    link = sim.call("createChatInviteLink", chat_id=channel["id"])

    assert ban["description"].startswith("Bad Request: not enough rights")
    assert link["description"].startswith("Bad Request: not enough rights")
    assert anna.place_in(channel["id"]) == "left"


def test_a_bot_that_was_removed_is_told_and_refused(
    sim: Simulator, bot: ToyBot, channel: dict[str, Any]
):
    sim.place_bot(channel["id"], "kicked")

    assert sim.settle()
    assert bot.updates[-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    answer = sim.call("getChatMemberCount", chat_id=channel["id"])
    assert answer["description"] == "Forbidden: bot was kicked from the channel chat"


def test_joining_without_the_bot_is_told_as_chat_member(
    sim: Simulator, bot: ToyBot, anna: Person, channel: dict[str, Any]
):
    assert anna.join(sim.add_link(channel["id"], name="from a friend")) == "joined"

    assert sim.settle()
    change = bot.updates[-1]["chat_member"]
    assert change["new_chat_member"]["status"] == "member"
    assert change["invite_link"]["name"] == "from a friend"
    assert "via_join_request" not in change


def test_a_link_keeps_its_limit_its_end_and_its_revocation(
    sim: Simulator, bot: ToyBot, anna: Person, channel: dict[str, Any]
):
    def make(**details: object) -> str:
        made = sim.call("createChatInviteLink", chat_id=channel["id"], **details)
        return str(made["result"]["invite_link"])

    single, short, revoked = (
        make(member_limit=1),
        make(expire_date=int(sim.now()) + 60),
        make(),
    )
    sim.call("revokeChatInviteLink", chat_id=channel["id"], invite_link=revoked)
    sim.advance(seconds=61)

    assert sim.user("Ivan").join(single) == "joined"

    for link, reason in ((single, "limit"), (short, "expired"), (revoked, "expired")):
        with pytest.raises(SimulatorRefused, match=reason):
            anna.join(link)
    assert anna.place_in(channel["id"]) == "left"


def test_limit_and_request_exclude_each_other(
    sim: Simulator, bot: ToyBot, channel: dict[str, Any]
):
    answer = sim.call(
        "createChatInviteLink", chat_id=channel["id"], member_limit=1, creates_join_request=True
    )

    assert answer["error_code"] == 400
    assert "requiring approval" in answer["description"]


def test_the_bot_edits_only_its_own_links(
    sim: Simulator, bot: ToyBot, channel: dict[str, Any], link: str
):
    foreign = sim.add_link(channel["id"])

    own = sim.call("editChatInviteLink", chat_id=channel["id"], invite_link=link, name="New")
    other = sim.call("editChatInviteLink", chat_id=channel["id"], invite_link=foreign)

    assert own["result"]["name"] == "New"
    assert own["result"]["creates_join_request"] is False
    assert other["error_code"] == 400


def test_members_are_told_and_counted(
    sim: Simulator, bot: ToyBot, anna: Person, channel: dict[str, Any]
):
    anna.join(sim.add_link(channel["id"]))
    place = {"chat_id": channel["id"]}

    administrators = sim.call("getChatAdministrators", **place)["result"]
    chat = sim.call("getChat", **place)["result"]

    assert sim.call("getChatMemberCount", **place)["result"] == 3
    assert [one["status"] for one in administrators] == ["creator", "administrator"]
    assert (chat["title"], chat["type"]) == ("VIP room", "channel")
    member = sim.call("getChatMember", **place, user_id=anna.id)["result"]
    assert member["status"] == "member"


def test_a_supergroup_says_who_came_and_members_may_write(
    sim: Simulator, bot: ToyBot, anna: Person
):
    group = sim.channel("Club", type="supergroup", owner_id=sim.user("Owner").id)
    anna.join(sim.add_link(group["id"]))

    anna.send("Hello all", chat_id=group["id"])

    assert sim.settle()
    messages = [update["message"] for update in bot.updates if "message" in update]
    assert messages[-1]["text"] == "Hello all"
    assert messages[0]["new_chat_members"][0]["id"] == anna.id
    with pytest.raises(SimulatorRefused, match="not in this chat"):
        sim.user("Ivan").send("Me too", chat_id=group["id"])


def test_a_group_that_migrates_answers_with_its_new_id(
    sim: Simulator, bot: ToyBot, anna: Person
):
    old = sim.channel("Club", type="group", owner_id=sim.user("Owner").id)
    anna.join(sim.add_link(old["id"]))
    assert sim.call("sendMessage", chat_id=old["id"], text="before")["ok"]

    new = sim.migrate(old["id"])

    refused = sim.call("sendMessage", chat_id=old["id"], text="after")
    assert refused["error_code"] == 400
    assert refused["parameters"] == {"migrate_to_chat_id": new["id"]}
    assert sim.call("sendMessage", chat_id=new["id"], text="after")["ok"]
    assert anna.place_in(new["id"]) == "member"
    assert sim.settle()
    messages = [update["message"] for update in bot.updates if "message" in update]
    moves = {
        (one["chat"]["id"], one.get("migrate_to_chat_id"), one.get("migrate_from_chat_id"))
        for one in messages[-2:]
    }
    assert moves == {(old["id"], new["id"], None), (new["id"], None, old["id"])}


def test_bans_are_lifted_in_large_chats_only(sim: Simulator, bot: ToyBot, anna: Person):
    group = sim.channel("Club", type="group", owner_id=sim.user("Owner").id)

    answer = sim.call("unbanChatMember", chat_id=group["id"], user_id=anna.id)

    assert answer["description"] == (
        "Bad Request: method is available for supergroup and channel chats only"
    )


def test_a_bot_that_is_no_administrator_reads_only_commands(
    sim: Simulator, bot: ToyBot, anna: Person
):
    group = sim.channel(
        "Club", type="supergroup", owner_id=sim.user("Owner").id, bot_status="member"
    )
    anna.join(sim.add_link(group["id"]))
    anna.send("Private talk", chat_id=group["id"])

    anna.send("/help", chat_id=group["id"])

    assert sim.settle()
    texts = [update["message"].get("text") for update in bot.updates if "message" in update]
    assert texts == [None, "/help"]
