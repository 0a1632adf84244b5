"""What happens by itself as the fake's clock moves on?"""

from collections.abc import Callable, Iterator
from functools import partial

from orders.fake_stripe import changes, refunds, sessions, subscriptions
from orders.fake_stripe.world import Obj, World

#: When it is due, and what is done then.
Job = tuple[int, Callable[[], object]]


def run_due(world: World) -> int:
    """Do everything that is overdue, oldest first, each at its own moment."""
    done = 0
    while True:
        jobs = sorted(_jobs(world), key=lambda job: job[0])
        if not jobs or jobs[0][0] > world.clock.now():
            return done
        at, work = jobs[0]
        with world.as_of(at):
            work()
        done += 1


def advance(world: World, seconds: int) -> int:
    """Move the clock and do what falls into the time skipped."""
    world.clock.advance(seconds)
    return run_due(world)


def _jobs(world: World) -> Iterator[Job]:
    for session in world.every("checkout.session", status="open"):
        yield session["expires_at"], partial(sessions.expire, world, session)
    for session in world.every("checkout.session", status="complete", payment_status="unpaid"):
        yield from _settlement(world, session)
    for refund in world.every("refund", status="pending"):
        at = world.note(refund["id"]).get("settles_at")
        if at is not None:
            yield at, partial(refunds.settle_refund, world, refund)
    for subscription in world.every("subscription"):
        yield from _of_subscription(world, subscription)
    for invoice in world.every("invoice"):
        yield from _of_invoice(world, invoice)


def _settlement(world: World, session: Obj) -> Iterator[Job]:
    intent = session["payment_intent"] or world.note(session["id"]).get("intent")
    at = world.note(intent).get("settles_at") if intent else None
    if at is not None:
        yield at, partial(sessions.settle, world, session["id"], succeeded=True)


def _of_subscription(world: World, subscription: Obj) -> Iterator[Job]:
    if subscription["status"] not in {"active", "trialing", "past_due"}:
        return
    ends_at = subscriptions.period_end(subscription)
    yield ends_at, partial(subscriptions.renew, world, subscription)
    if subscription["pending_update"]:
        at = subscription["pending_update"]["expires_at"]
        yield at, partial(changes.expire_update, world, subscription)


def _of_invoice(world: World, invoice: Obj) -> Iterator[Job]:
    at = invoice["automatically_finalizes_at"] or invoice["next_payment_attempt"]
    if at is not None and invoice["status"] in {"draft", "open"}:
        yield at, partial(subscriptions.collect, world, invoice)
