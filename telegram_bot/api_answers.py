"""What can the Bot API answer? Needs no aiogram, so that light processes may read it."""

from typing import Any


class TelegramRefused(Exception):
    """Telegram answered, and said no."""

    def __init__(
        self,
        method: str,
        code: int,
        description: str,
        retry_after: int | None,
        migrated_to: int | None = None,
    ) -> None:
        super().__init__(f"{method}: {code} {description}")
        self.code = code
        self.description = description
        #: Seconds to stay silent, with code 429.
        self.retry_after = retry_after
        #: The chat's new number, when it has become a supergroup.
        self.migrated_to = migrated_to

    @property
    def is_unknown_bot(self) -> bool:
        """Telegram knows no bot with this token: only another token helps."""
        return self.code in {401, 404}

    @property
    def is_unreachable(self) -> bool:
        """The customer blocked the bot or is gone: no repetition will help."""
        gone = self.code == 400 and "chat not found" in self.description.lower()
        return self.code == 403 or gone

    @property
    def is_unchanged(self) -> bool:
        """The message looks like this already: as good as done."""
        return self.code == 400 and "message is not modified" in self.description

    @property
    def is_temporary(self) -> bool:
        """The same call may succeed later."""
        return self.code == 429 or self.code >= 500


class TelegramSilent(Exception):
    """No answer came: the call may have been carried out or not."""


def read_answer(method: str, answer: Any) -> Any:
    """Return the ``result`` of a Bot API answer.

    Raises:
        TelegramRefused: it says ``ok: false``.
        TelegramSilent: it is no Bot API answer at all.
    """
    if not isinstance(answer, dict):
        raise TelegramSilent(f"{method}: the answer is no object")
    if answer.get("ok"):
        return answer.get("result")
    parameters = answer.get("parameters") or {}
    raise TelegramRefused(
        method,
        int(answer.get("error_code") or 0),
        str(answer.get("description") or ""),
        parameters.get("retry_after"),
        parameters.get("migrate_to_chat_id"),
    )
