"""The bot's address in Django; ``shopbot.asgi`` takes it first where it is in front."""

from django.urls import path

from telegram_bot.views import WebhookView

app_name = "telegram"
urlpatterns = [path("<int:bot_id>/webhook/", WebhookView.as_view(), name="webhook")]
