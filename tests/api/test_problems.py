"""Whatever is wrong with a call, the answer is a problem with a code to act on."""

import pytest

JSON = "application/json"


def ask(program, method, path, body=b"", content_type=JSON, **headers):
    return program.generic(
        method, f"/api/v1/{path}", body, content_type=content_type, headers=headers
    )


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        (("GET", "nothing/"), 404, "not_found"),
        (("GET", "catalog"), 404, "not_found"),
        (("GET", "customers/12345678901234567/"), 404, "not_found"),
        (("GET", "customers/7/"), 404, "unknown_customer"),
        (("DELETE", "catalog/"), 405, "method_not_allowed"),
        (("POST", "quotes/", b"offer=a", "text/plain"), 415, "unsupported_media_type"),
        (("POST", "quotes/", b"{"), 400, "parse_error"),
        (("POST", "quotes/", b"\xff"), 400, "parse_error"),
        (("POST", "quotes/", b"[]"), 400, "invalid_input"),
        (("POST", "quotes/", b"{}"), 400, "invalid_input"),
        (("POST", "customers/42/grants/", b"NaN"), 400, "parse_error"),
        (("POST", "customers/42/token/", b"{}"), 200, None),
    ],
)
def test_a_call_that_is_wrong(program, customer, call, status, code):
    answer = ask(program, *call)

    assert (answer.status_code, answer.json().get("code")) == (status, code)
    if code:
        assert answer["Content-Type"] == "application/problem+json"


def test_a_call_in_a_language_the_api_does_not_speak(program):
    answer = ask(program, "GET", "catalog/", Accept="text/html")

    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


def test_a_call_too_many_says_when_to_come_back(make_program):
    slow = make_program("catalog", rate_per_minute=1)
    ask(slow, "GET", "catalog/")

    answer = ask(slow, "GET", "catalog/")

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["Content-Type"] == "application/problem+json"
