"""Where may Telegram fetch a picture from?"""

from urllib.parse import urljoin

from django.conf import settings
from django.core.files.storage import default_storage


def image_url(name: str) -> str:
    """Return the public address of a picture in the media storage, "" for none."""
    return urljoin(settings.PUBLIC_URL, default_storage.url(name)) if name else ""
