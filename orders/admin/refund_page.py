"""The page on which staff see what a refund changes, and confirm it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from orders.errors import NothingToRefund
from orders.models import Order, Payment, Refund
from orders.refund_preview import RefundPreview, preview_refund
from orders.services.refunding import refund
from shopbot.admin import acting_staff
from shopbot.kernel import clock
from shopbot.kernel.errors import InvalidInput, ShopError
from shopbot.kernel.money import Money, parse_money, to_decimal

_CHOICES = [choice for choice in Refund.Access.choices if choice[0] != "undecided"]


class RefundForm(forms.Form):
    """How much goes back, what happens to access, and why."""

    amount = forms.CharField(
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text="As people write it, like 20.00.",
    )
    access = forms.ChoiceField(
        choices=_CHOICES,
        initial=Refund.Access.REVOKE,
        widget=UnfoldAdminSelectWidget,
        help_text="A refund of everything always ends access.",
    )
    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why; kept with the order.",
    )
    confirmed = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        label="I have read what will change",
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_amount(self) -> Money:
        """Read the amount in the order's currency.

        Raises:
            ValidationError: not an amount.
        """
        try:
            return parse_money(self.cleaned_data["amount"], self.currency)
        except InvalidInput as error:
            raise forms.ValidationError(str(error)) from None


def refund_page(page: ModelAdmin[Order], request: HttpRequest, order_id: int) -> HttpResponse:
    """Preview a refund, and make it once staff have confirmed exactly what they saw.

    The first press shows what the chosen amount and access change; the second, with the switch
    on and the choice unchanged, asks the provider.
    """
    if not request.user.has_perm("orders.refund_order"):
        raise PermissionDenied
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise Http404
    try:
        whole = preview_refund(
            order_id=order_id, amount=None, access=Refund.Access.REVOKE, now=clock.now()
        )
    except NothingToRefund as error:
        messages.error(request, str(error))
        return _back(order)
    form = RefundForm(
        request.POST or None,
        currency=order.currency,
        initial={"amount": str(to_decimal(whole.left_before))},
    )
    preview, shown = whole, f"{whole.amount.minor}:{Refund.Access.REVOKE}"
    if form.is_valid():
        data = form.cleaned_data
        chosen = f"{data['amount'].minor}:{data['access']}"
        if data["confirmed"] and request.POST.get("shown") == chosen:
            return _refund(request, order, data)
        preview = _preview(form, order, whole)
        shown = chosen
    return _draw(page, request, order, form, preview, shown)


def _preview(form: RefundForm, order: Order, whole: RefundPreview) -> RefundPreview:
    data = form.cleaned_data
    if not 0 < data["amount"].minor <= whole.left_before.minor:
        form.add_error("amount", f"Between 0 and {whole.left_before}, which is left.")
        return whole
    if data["amount"] != whole.left_before and not whole.may_be_partial:
        form.add_error("amount", "This provider gives back everything or nothing.")
        return whole
    return preview_refund(
        order_id=order.pk, amount=data["amount"], access=data["access"], now=clock.now()
    )


def _refund(request: HttpRequest, order: Order, data: dict[str, Any]) -> HttpResponse:
    try:
        row = refund(
            order_id=order.pk,
            amount=data["amount"],
            reason=data["reason"],
            access=data["access"],
            actor=acting_staff(request),
            now=clock.now(),
        )
    except ShopError as error:
        messages.error(request, str(error))
        return _back(order)
    if row.status == Refund.Status.FAILED:
        messages.error(request, f"The provider refused: {row.error}")
    elif row.status == Refund.Status.REQUESTED:
        messages.warning(request, "The provider is away; it is asked again until it answers.")
    else:
        messages.success(request, f"Refunded {row.amount}: {row.get_status_display()}.")
    return _back(order)


def _draw(
    page: ModelAdmin[Order],
    request: HttpRequest,
    order: Order,
    form: RefundForm,
    preview: RefundPreview,
    shown: str,
) -> HttpResponse:
    payment = Payment.objects.filter(order=order, settled_at__isnull=False).get()
    context = {
        **page.admin_site.each_context(request),
        "title": f"Refund order {order.number}",
        "opts": page.model._meta,
        "order": order,
        "payment": payment,
        "form": form,
        "preview": preview,
        "shown": shown,
    }
    return TemplateResponse(request, "orders/admin/refund.html", context)


def _back(order: Order) -> HttpResponse:
    return redirect(reverse("admin:orders_order_change", args=[order.pk]))
