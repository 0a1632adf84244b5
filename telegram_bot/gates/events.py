"""Which kinds of event do gated chats record?"""

from typing import Final

FOUND: Final = "gate.found"
BOUND: Final = "gate.bound"
PROBLEM: Final = "gate.problem"
MENDED: Final = "gate.mended"
MIGRATED: Final = "gate.migrated"
APPROVED: Final = "gate.approved"
DECLINED: Final = "gate.declined"
REMOVED: Final = "gate.removed"
FAILING: Final = "gate.removal_failing"
AUDITED: Final = "gate.audited"

#: What staff hear of in their chat.
ALERTS: Final = frozenset({FOUND, PROBLEM, MENDED, MIGRATED, FAILING})
