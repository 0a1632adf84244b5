"""What happens by itself as time goes by, and how can a test make it go by?"""

import asyncio

from telegram_bot.simulator import subscriptions
from telegram_bot.simulator.core import Core
from telegram_bot.simulator.delivery import Delivery

# With nothing due the timeline still looks up now and then: the real clock moves too.
LONGEST_SLEEP = 3600
SETTLE_SECONDS = 10


class Timeline:
    """Renews subscriptions when they are due, also while the clock is moved by months."""

    def __init__(self, core: Core, delivery: Delivery) -> None:
        self._core = core
        self._delivery = delivery
        self._moving = asyncio.Lock()

    async def run(self) -> None:
        """Do what is due, until cancelled."""
        while True:
            async with self._moving:
                subscriptions.handle_due(self._core)
            due = subscriptions.next_due(self._core)
            now = self._core.clock.now()
            await self._core.clock.sleep_until(
                min(due or now + LONGEST_SLEEP, now + LONGEST_SLEEP)
            )

    async def advance(self, seconds: float) -> None:
        """Move the clock forward, stopping at whatever falls due on the way.

        At each stop the bot gets time to take what happened: else a month's leap would expire
        updates that in life would have been delivered at once.
        """
        async with self._moving:
            target = self._core.clock.now() + seconds
            await self._delivery.settle(SETTLE_SECONDS)
            while (due := subscriptions.next_due(self._core)) is not None and due <= target:
                self._core.clock.jump_to(due)
                subscriptions.handle_due(self._core)
                await self._delivery.settle(SETTLE_SECONDS)
            self._core.clock.jump_to(target)
            self._core.changed("clock", now=self._core.clock.now())
