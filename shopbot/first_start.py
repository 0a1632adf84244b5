"""What does a shop need before it can open its door for the first time?"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User

ADMIN_NAME: Final = "admin"


@dataclass(frozen=True, slots=True)
class AdminAccess:
    """How to enter the admin; the password is empty when only its owner knows it."""

    name: str
    password: str


def admin_access() -> AdminAccess:
    """Make the first member of staff, once; say how to sign in while the password holds."""
    path = _password_file()
    remembered = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    admin = User.objects.filter(username=ADMIN_NAME).first()
    if admin is None:
        if User.objects.filter(is_superuser=True).exists():
            return AdminAccess(name="", password="")
        password = remembered or _remember(path)
        User.objects.create_superuser(ADMIN_NAME, password=password)
        return AdminAccess(name=ADMIN_NAME, password=password)
    if remembered and admin.check_password(remembered):
        return AdminAccess(name=ADMIN_NAME, password=remembered)
    return AdminAccess(name=ADMIN_NAME, password="")


def _password_file() -> Path:
    folder: Path = settings.DATA_DIR
    return folder / "admin-password"


def _remember(path: Path) -> str:
    password = secrets.token_urlsafe(12)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{password}\n")
    return password
