"""Stars: the question before a payment, the payment, its refund, a renewal agreement's fate."""

from aiogram import Router

router = Router(name=__name__)
