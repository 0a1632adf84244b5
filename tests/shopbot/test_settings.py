"""The settings of the shop."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_suite_runs_on_a_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
