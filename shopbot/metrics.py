"""Who may read the numbers that Prometheus collects?"""

from __future__ import annotations

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from django_prometheus.exports import ExportToDjangoView


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer whoever sends ``METRICS_TOKEN``; for anybody else there is no such page."""
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    expected = settings.METRICS_TOKEN.encode()
    if not expected or not hmac.compare_digest(sent, expected):
        raise Http404
    answer: HttpResponse = ExportToDjangoView(request)
    return answer
