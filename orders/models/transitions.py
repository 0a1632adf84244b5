"""Which moves between states are legal? One check for every table of moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from shopbot.kernel.errors import IllegalTransition

Moves = Mapping[str, frozenset[str]]


class Stateful(models.Model):
    """A row whose ``status`` moves by the table ``NEXT`` and in no other way."""

    NEXT: ClassVar[Moves]
    status: models.CharField[str, str]

    class Meta:
        abstract = True

    def may_move_to(self, status: str) -> bool:
        """Whether the table has this move."""
        return status in self.NEXT[self.status]

    def move_to(self, status: str) -> None:
        """Set the status on this instance, which the caller has locked and will save.

        Raises:
            IllegalTransition: the table has no such move.
        """
        if not self.may_move_to(status):
            raise IllegalTransition(
                f"{type(self).__name__} {self.pk} cannot move from {self.status} to {status}",
                current=self.status,
                wanted=str(status),
            )
        self.status = status
