"""What can be done with codes, files, texts and parcels; a module per subject."""

from delivery.lines import Line
from delivery.services.codes import import_codes, withdraw
from delivery.services.handing_over import (
    deliver_all,
    give_again,
    hold,
    let_go,
    report_failed,
    report_sent,
    retry,
    take_back,
)
from delivery.services.wishes import tell_me, watch_stock

__all__ = [
    "Line",
    "deliver_all",
    "give_again",
    "hold",
    "import_codes",
    "let_go",
    "report_failed",
    "report_sent",
    "retry",
    "take_back",
    "tell_me",
    "watch_stock",
    "withdraw",
]
