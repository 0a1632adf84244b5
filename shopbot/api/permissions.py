"""Who may ask the API?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework_api_key.permissions import HasAPIKey

if TYPE_CHECKING:
    # The views themselves import this class, by way of REST framework's settings.
    from rest_framework.views import APIView


class IsStaffOrProgram(BasePermission):
    """Staff signed in to the admin, and programs that send ``Authorization: Api-Key …``."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Decide before the view runs."""
        user = request.user
        if user.is_authenticated and user.is_active and user.is_staff:
            return True
        plain: HttpRequest = request._request
        return bool(HasAPIKey().has_permission(plain, view))
