"""What every program that asks the API can rely on."""

import pytest
from django.db import OperationalError
from django.http import Http404
from django.urls import path
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from api.models import ApiKey
from shopbot.kernel.errors import NotFound, Refused


class _LimitReached(Refused):
    code = "limit_reached"


class _Input(serializers.Serializer):
    months = serializers.IntegerField(min_value=1)


_FAULTS = {
    "refused": _LimitReached("customer 42 is over 5", limit=5),
    "missing": NotFound("no order 17"),
    "page": Http404("no page"),
    "slow": Throttled(wait=7),
    "locked": OperationalError("database is locked"),
    "bug": ZeroDivisionError("division by zero"),
}


class _Fails(APIView):
    def get(self, request, fault):
        raise _FAULTS[fault]

    def post(self, request, fault):
        given = _Input(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(given.validated_data)


urlpatterns = [path("<str:fault>/", _Fails.as_view())]


@pytest.fixture
def program(db, settings):
    """A program with a valid key."""
    settings.ROOT_URLCONF = __name__
    _, key = ApiKey.objects.create_key(name="billing")
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    return client


@pytest.mark.parametrize(
    ("fault", "status", "code", "title"),
    [
        ("refused", 403, "limit_reached", "Limit reached"),
        ("missing", 404, "not_found", "Not found"),
        ("page", 404, "not_found", "Not found."),
        ("locked", 503, "busy", "Busy"),
    ],
)
def test_a_refusal_is_a_problem_with_a_code_that_programs_act_on(
    program, fault, status, code, title
):
    answer = program.get(f"/{fault}/")

    body = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, body["status"], body["code"], body["title"]) == (
        status,
        status,
        code,
        title,
    )
    assert body["request_id"]


def test_a_refusal_tells_its_values_but_not_the_words_of_the_log(program):
    body = program.get("/refused/").json()

    assert body["context"] == {"limit": 5}
    assert "customer 42" not in str(body)


def test_wrong_input_names_each_field(program):
    body = program.post("/any/", {"months": 0}).json()

    assert (body["status"], body["code"]) == (400, "invalid_input")
    assert list(body["errors"]) == ["months"]


def test_too_many_requests_say_when_to_come_back(program):
    answer = program.get("/slow/")

    assert (answer.status_code, answer["Retry-After"]) == (429, "7")


def test_a_programming_error_is_no_refusal(program):
    assert program.get("/bug/").status_code == 500


def test_strangers_are_turned_away_before_the_view_runs(program):
    program.credentials()

    answer = program.get("/refused/")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_revoked_key_opens_nothing(program):
    ApiKey.objects.update(revoked=True)

    assert program.get("/missing/").status_code == 401


def test_the_documentation_loads_nothing_from_elsewhere(client):
    page = client.get("/api/docs/").content.decode()

    assert "https://" not in page
    assert "/static/drf_spectacular_sidecar/" in page


def test_the_schema_is_there_for_programs(client):
    assert client.get("/api/schema/").status_code == 200
