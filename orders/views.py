"""What providers deliver and where customers land after paying: edges that only translate."""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orders.chat_link import chat_link
from orders.errors import OrderIsClosed
from orders.gateways.protocol import BadSignature, GatewayError, NotSupported
from orders.gateways.registry import gateway
from orders.models import Payment
from orders.receipts.document import receipt_file
from orders.receipts.ticket import receipt_of, receipt_to_print
from orders.services.applying import sync_payment
from orders.services.demo_paying import pay_demo
from orders.services.noticing import accept_and_apply
from shopbot.kernel import clock
from shopbot.kernel.errors import ShopError

logger = logging.getLogger(__name__)

# A provider's message is some kilobytes; what is far larger is none.
LARGEST_BODY = 512 * 1024


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's message: verify, store, answer 200, also for repeats and other kinds.

    Only what cannot be stored is answered with an error, so that the provider sends it again.
    """
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BODY:
        return JsonResponse({"code": "too_large"}, status=413)
    try:
        found = gateway(provider)
        if not found.capabilities.signs_messages:
            raise NotSupported(f"{provider} posts nothing here")
        notice = found.read(request.body, request.headers)
    except BadSignature as error:
        logger.warning("a message for %s was refused: %s", provider, error)
        return JsonResponse({"code": error.code}, status=400)
    except NotSupported:
        raise Http404 from None
    except GatewayError as error:
        logger.warning("a message of %s could not be read now: %s", provider, error)
        return JsonResponse({"code": error.code}, status=503)
    try:
        if notice is not None:
            accept_and_apply(notice=notice, now=clock.now())
    except (DatabaseError, InterfaceError):
        logger.exception("a message of %s could not be stored", provider)
        return JsonResponse({"code": "unavailable"}, status=503)
    return JsonResponse({"received": True})


@require_GET
def payment_return(request: HttpRequest, key: UUID) -> HttpResponse:
    """Bring the books up to date for a customer who comes back, and lead back to the chat.

    The same as the webhook does, only sooner; the address itself proves nothing.
    """
    payment = Payment.objects.filter(key=key).select_related("order__customer").first()
    if payment is None:
        raise Http404
    try:
        sync_payment(payment_id=payment.pk, actor=payment.gateway, now=clock.now())
    except (GatewayError, ShopError) as error:
        logger.warning("payment %s could not be checked: %s", payment.pk, error)
    payment.refresh_from_db()
    return _page(request, "orders/return.html", payment)


@require_http_methods(["GET", "POST"])
def demo_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """Show the demo provider's page with its one button."""
    if not settings.DEMO_GATEWAY_ENABLED:
        raise Http404
    payment = (
        Payment.objects.filter(key=key, gateway="demo")
        .select_related("order__customer")
        .first()
    )
    if payment is None:
        raise Http404
    if request.method == "POST":
        try:
            pay_demo(payment_key=str(key), now=clock.now())
        except OrderIsClosed:
            payment.refresh_from_db()
            return _page(request, "orders/demo.html", payment, status=409)
        return redirect("orders:return", key=key)
    return _page(request, "orders/demo.html", payment)


@require_GET
def receipt_check(request: HttpRequest, ticket: str) -> HttpResponse:
    """Say whether a receipt is genuine: what its QR code leads to."""
    receipt = receipt_of(ticket)
    if receipt is None:
        raise Http404
    with override(receipt.order.customer.language):
        return render(request, "orders/receipt.html", {"receipt": receipt})


@require_GET
def receipt_pdf(request: HttpRequest, ticket: str) -> HttpResponse:
    """Hand the customer's receipt out as a file; only its own link leads here."""
    receipt = receipt_to_print(ticket)
    if receipt is None:
        raise Http404
    file = receipt_file(order_id=receipt.order_id)
    answer = HttpResponse(file.content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{file.name}"'
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _page(
    request: HttpRequest, template: str, payment: Payment, *, status: int = 200
) -> HttpResponse:
    language = payment.customer.language if payment.customer else "en"
    context = {
        "payment": payment,
        "order": payment.order,
        "chat_url": chat_link(customer=payment.customer),
    }
    with override(language):
        return render(request, template, context, status=status)
