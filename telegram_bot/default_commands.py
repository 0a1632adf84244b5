"""Which commands does a shop begin with?"""

from collections.abc import Callable
from typing import Any, Final

from django.apps import apps

FindModel = Callable[[str, str], Any]

#: command, category, needs to have pressed Start, in the menu, descriptions in en, ru, de, es.
COMMANDS: Final = (
    (
        "shop", "shop", False, True,
        "Open the shop", "Открыть магазин", "Shop öffnen", "Abrir la tienda",
    ),
    (
        "orders", "shop", False, True,
        "My orders", "Мои заказы", "Meine Bestellungen", "Mis pedidos",
    ),
    (
        "account", "account", False, True,
        "What I have, and until when",
        "Что у меня есть и до какого дня",
        "Was ich habe und bis wann",
        "Lo que tengo y hasta cuándo",
    ),
    (
        "giftcard", "account", False, True,
        "Redeem a gift card",
        "Активировать подарочную карту",
        "Gutscheinkarte einlösen",
        "Canjear una tarjeta regalo",
    ),
    (
        "affiliate", "account", False, True,
        "Bring friends and earn",
        "Приглашать друзей и зарабатывать",
        "Freunde werben und verdienen",
        "Invitar a amigos y ganar",
    ),
    (
        "language", "settings", False, True,
        "Choose the language", "Выбрать язык", "Sprache wählen", "Elegir el idioma",
    ),
    (
        "region", "settings", False, True,
        "Choose the region", "Выбрать регион", "Region wählen", "Elegir la región",
    ),
    (
        "help", "help", False, True,
        "What I can do", "Что я умею", "Was ich kann", "Qué puedo hacer",
    ),
    (
        "paysupport", "help", False, True,
        "Ask about a payment",
        "Вопрос об оплате",
        "Frage zu einer Zahlung",
        "Preguntar por un pago",
    ),
    (
        "terms", "help", False, True,
        "Terms of sale", "Условия продажи", "Verkaufsbedingungen", "Condiciones de venta",
    ),
    (
        "cancel", "help", False, False,
        "Stop what I am typing",
        "Прервать ввод",
        "Eingabe abbrechen",
        "Dejar de escribir",
    ),
    (
        "start", "help", False, False,
        "Start again", "Начать сначала", "Von vorn beginnen", "Empezar de nuevo",
    ),
)  # fmt: skip


def write_commands(find_model: FindModel = apps.get_model) -> None:
    """Write the commands that are missing; those that staff edited stay as they are."""
    command_model = find_model("telegram_bot", "TelegramCommand")
    known = set(command_model.objects.values_list("command", flat=True))
    missing = []
    for position, (command, category, requires_auth, is_in_menu, *texts) in enumerate(COMMANDS):
        if command in known:
            continue
        descriptions = dict(zip(("en", "ru", "de", "es"), texts, strict=True))
        missing.append(
            command_model(
                command=command,
                category=category,
                requires_auth=requires_auth,
                is_in_menu=is_in_menu,
                position=position * 10,
                description=descriptions["en"],
                **{f"description_{code}": text for code, text in descriptions.items()},
            )
        )
    command_model.objects.bulk_create(missing)
