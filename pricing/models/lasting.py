"""Rows that stay once they are published, shown, promised or booked.

PostgreSQL itself refuses to delete them, whoever asks. SQLite does not (migration 0003 says
why), so on a trial's database this is what refuses.
"""

from typing import Any, ClassVar, TypeVar

from django.db import models, transaction
from django.db.models import ProtectedError, Q

M = TypeVar("M", bound=models.Model)


class LastingQuerySet(models.QuerySet[M]):
    """Rows of which some stay for good."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete all of them, or none where one of them stays.

        Raises:
            ProtectedError: one of them stays.
        """
        with transaction.atomic(using=self.db):
            refuse_to_delete(self)
            return super().delete()

    # As Django's own: a manager does not offer it.
    delete.queryset_only = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]


LastingManager = models.Manager.from_queryset(LastingQuerySet)


class Lasting(models.Model):
    """A row that is not deleted while it is one of those that ``stays`` describes."""

    stays: ClassVar[Q] = Q()
    why_it_stays: ClassVar[str]

    objects = LastingManager()

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row unless it stays.

        Raises:
            ProtectedError: it stays.
        """
        with transaction.atomic():
            refuse_to_delete(type(self)._base_manager.filter(pk=self.pk))
            return super().delete(*args, **kwargs)


def refuse_to_delete(rows: models.QuerySet[Any]) -> None:
    """Let only rows pass that do not stay.

    Raises:
        ProtectedError: one of them stays.
    """
    model: type[Any] = rows.model
    # A slice cannot be filtered further, and Django refuses to delete one anyway.
    lasting = model._base_manager.filter(model.stays, pk__in=rows.order_by().values("pk"))
    found = set(lasting[:1])
    if found:
        raise ProtectedError(model.why_it_stays, found)
