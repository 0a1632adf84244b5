"""Every page of the admin opens, for whoever may open it."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from shopbot import demo
from shopbot.admin.pages import load_pages

pytestmark = pytest.mark.django_db

load_pages()

PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def shop(now):
    """The demo shop, so that pages have rows."""
    demo.load(now)


@pytest.fixture
def owner(client):
    """May do everything."""
    client.force_login(User.objects.create_superuser("owner", password="owner"))


@pytest.fixture
def clerk(client):
    """May look at everything and change nothing."""
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)


def _address(model, page, *arguments):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    return reverse(name, args=arguments)


def _status(client, address, **query):
    return client.get(address, query, follow=True).status_code


def test_the_owner_can_list_search_add_and_open(client, shop, owner):
    closed = []
    for model in PAGES:
        seen = [_status(client, _address(model, "changelist"), q="17")]
        row = model._default_manager.first()
        if row is not None:
            seen.append(_status(client, _address(model, "change", row.pk)))
        added = _status(client, _address(model, "add"))
        if set(seen) != {200} or added not in {200, 403}:
            closed.append((model._meta.label, seen, added))

    assert closed == []


def test_a_clerk_can_look_and_nothing_else(client, shop, clerk):
    wrong = []
    for model in PAGES:
        listed, added = (
            _status(client, _address(model, page)) for page in ("changelist", "add")
        )
        row = model._default_manager.first()
        held = row is None or _is_held(client, model, row)
        if (listed, added, held) != (200, 403, True):
            wrong.append((model._meta.label, listed, added, held))

    assert wrong == []


def _is_held(client, model, row):
    """Say whether a row can be read and withstands being changed and deleted."""
    place = _address(model, "change", row.pk)
    before = model._default_manager.filter(pk=row.pk).values().get()
    seen = _status(client, place)
    changed = client.post(place, {}).status_code
    deleted = client.post(_address(model, "delete", row.pk), {"post": "yes"}).status_code
    after = model._default_manager.filter(pk=row.pk).values().first()
    return (seen, after) == (200, before) and {changed, deleted} <= {302, 403}
