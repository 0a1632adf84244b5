"""The schema is what the API does: committed, current, and held to by the running server."""

from pathlib import Path

import pytest
import schemathesis
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

PATH = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
SCHEMA = schemathesis.openapi.from_path(PATH)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_the_committed_schema_is_the_present_one(tmp_path):
    present = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(present), validate=True, fail_on_warn=True)

    assert PATH.read_text() == present.read_text(), "run `make docs`"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda found: found.label)
def test_no_request_breaks_the_server_or_is_answered_off_the_schema(
    live_server, program, holder, calls, operation
):
    @given(case=operation.as_strategy())
    @settings(
        max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    def ask(case):
        case.headers["Authorization"] = f"Api-Key {program.plain_key}"
        case.validate_response(case.call(base_url=live_server.url), checks=CHECKS)

    ask()
