"""The list of variables for people, written from the registry by ``make docs``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from shopbot.settings.environment import BASE_DIR, Variable, variables

DOCUMENT: Final = BASE_DIR / "docs" / "settings.md"
START: Final = "<!-- list of variables: written by make docs -->\n"
END: Final = "<!-- end of the list -->\n"


def listed() -> str:
    """Write every variable as one section."""
    return "\n".join(_section(variable) for variable in variables())


def document(text: str) -> str:
    """Put the list in its place in the document's text."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{listed()}\n{END}{after}"


def _section(variable: Variable) -> str:
    facts = [
        f"Default: `{variable.default}`" if variable.default else "Default: none",
        f"Unit: {variable.unit}" if variable.unit else "",
        f"Required: {variable.required}" if variable.required else "",
        f"Example: `{variable.example}`" if variable.example else "",
        f"Secret: `{variable.name}_FILE` may name a file that holds it"
        if variable.is_secret
        else "",
    ]
    lines = [f"### {variable.name}", "", variable.meaning, ""]
    lines += [f"- {fact}" for fact in facts if fact]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the document anew."""
    path: Path = DOCUMENT
    path.write_text(document(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
