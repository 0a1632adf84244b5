"""The Celery application; tasks live in each app's ``tasks.py``."""

import os

from celery import Celery
from django_structlog.celery.steps import DjangoStructLogInitStep

from shopbot import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopbot.settings.production")

broker.register()
app = Celery("shopbot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)
