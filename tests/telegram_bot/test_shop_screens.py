import pytest

pytestmark = pytest.mark.django_db


def test_start_welcomes(ann):
    assert "Welcome, Ann" in ann.types("/start")
    assert ann.labels()[0] == "🛍 Shop"
