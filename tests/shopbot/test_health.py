"""What supervisors and load balancers are told."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from shopbot import health

pytestmark = pytest.mark.django_db


def test_a_living_process_says_so_without_asking_the_database(
    client, django_assert_num_queries
):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_when_database_migrations_and_broker_are(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "broker": "ok"},
    }
    assert "no-store" in answer["Cache-Control"]


def test_a_broker_that_is_away_is_named_without_its_address(client, settings):
    settings.CELERY_BROKER_URL = "redis://:hunter2@127.0.0.1:1/0"

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "migrations": "ok", "broker": "failed"}
    assert "hunter2" not in answer.content.decode()


def test_a_broker_that_is_there_is_ready(client, settings, valkey_url):
    settings.CELERY_BROKER_URL = valkey_url

    assert client.get("/readyz").json()["checks"]["broker"] == "ok"


def test_a_broker_folder_that_is_gone_is_named(client, settings, tmp_path):
    settings.CELERY_BROKER_URL = "filesystem://"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_in": str(tmp_path / "gone")}

    assert client.get("/readyz").json()["checks"]["broker"] == "failed"


def test_a_migration_that_is_not_applied_is_named(client):
    MigrationRecorder(connection).record_unapplied("kernel", "0001_initial")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "failed"


def test_a_database_between_two_versions_is_not_ready_and_told_what_to_do(client):
    MigrationRecorder(connection).record_unapplied("customers", "0002_staff")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    [found] = [each for each in health.findings() if each.check == "migrations"]
    assert found.fault == "stopped halfway in customers (1 of 2)"
    assert found.remedy.startswith("Check out the commit before ")


@pytest.mark.parametrize("sent", ["", "Bearer wrong", "Bearer ümlaut", "the-token-of-metrics"])
def test_metrics_are_no_page_for_strangers(client, settings, sent):
    settings.METRICS_TOKEN = "the-token-of-metrics-the-token"

    assert client.get("/metrics", headers={"Authorization": sent}).status_code == 404


def test_metrics_are_no_page_where_no_token_is_set(client, settings):
    settings.METRICS_TOKEN = ""

    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_metrics_are_shown_to_who_has_the_token(client, settings):
    settings.METRICS_TOKEN = "the-token-of-metrics"

    answer = client.get("/metrics", headers={"Authorization": "Bearer the-token-of-metrics"})

    assert answer.status_code == 200
    assert "django_http_requests_total" in answer.content.decode()
