"""What the schema says beyond the views: a title for each call, and how it may be refused."""

from typing import Any

_PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457); programs act on the code.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; never changes its meaning."},
        "request_id": {"type": "string"},
        "context": {"type": "object", "additionalProperties": True},
        "errors": {"description": "What is wrong with each field, for invalid_input."},
    },
    "required": ["type", "title", "status", "code"],
}


def add_problems(
    result: dict[str, Any], generator: object, request: object, public: bool
) -> dict[str, Any]:
    """Add the answer for refusals to every operation (a hook of drf-spectacular)."""
    result["components"]["schemas"]["Problem"] = _PROBLEM
    refusal = {
        "description": "A refusal.",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["4XX"] = refusal
    return result


def add_titles(
    result: dict[str, Any], generator: object, request: object, public: bool
) -> dict[str, Any]:
    """Title each operation by the first sentence of its description (a hook, too)."""
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["summary"] = operation["description"].split("\n")[0].rstrip(".")
    return result
