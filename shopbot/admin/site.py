"""The shop's admin site."""

from unfold.sites import UnfoldAdminSite


class ShopAdminSite(UnfoldAdminSite):
    """The one admin site; Django's ``admin.site`` resolves to it."""
