"""aiogram is imported without its schemas, and each is there when it is wanted."""

import subprocess
import sys
from typing import get_type_hints

import aiogram
import pytest
from aiogram import methods, types

_SCRIPT = """
import sys
import telegram_bot
assert "pydantic" not in sys.modules, "nothing is imported before it is needed"
from aiogram.types import Chat, Message, Update
from pydantic import BaseModel
assert not Message.__pydantic_complete__, "the schemas are built at the import"
assert BaseModel.model_rebuild.__func__.__module__ == "pydantic.main", "pydantic stays changed"
print(Update.model_validate_json(sys.argv[1]).message.entities[0].user.first_name)
"""
_UPDATE = """{"update_id": 1, "message": {"message_id": 1, "date": 1, "text": "Anna",
"chat": {"id": 1, "type": "private"}, "entities": [{"type": "text_mention", "offset": 0,
"length": 4, "user": {"id": 2, "is_bot": false, "first_name": "Anna"}}]}}"""
_EVERYTHING = [getattr(module, name) for module in (types, methods) for name in module.__all__]


def test_a_process_builds_only_the_schemas_it_uses():
    done = subprocess.run(  # noqa: S603  our own script
        [sys.executable, "-c", _SCRIPT, _UPDATE], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "Anna\n", "")


def test_every_annotation_finds_its_names():
    models = [one for one in _EVERYTHING if hasattr(one, "model_fields")]
    assert len(models) > 500

    for model in models:
        get_type_hints(model, localns={"Bot": aiogram.Bot})


@pytest.mark.parametrize("model", [methods.SendInvoice, methods.SendPaidMedia, types.GiftInfo])
def test_a_seldom_used_model_builds_itself(model: type[types.TelegramObject]):
    assert model.model_rebuild() in (True, None)
    assert model.__pydantic_complete__
