"""What ``advisor catalog ... --json`` prints satisfies the published schema, each command as one of its forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor.commands.main import run
from advisor.commands.schema import schema_text

Capture = pytest.CaptureFixture[str]
MINI = str(Path(__file__).parent / "data" / "mini_catalog")
IMPORTS = Path(__file__).parent / "data" / "imports"
SCHEMA: dict[str, Any] = json.loads(schema_text("catalog", "rag_assistant", None))
CALLS = {
    "list": ("list", "--role", "vector_store"),
    "search": ("search", "redis"),
    "search for nothing": ("search", "qdrnt"),
    "show a component": ("show", "pgvector"),
    "show an option": ("show", "amazon_s3_standard"),
    "show a role": ("show", "gateway"),
    "show a source": ("show", "vectordbbench"),
    "show an instance type": ("show", "aws/m7i.4xlarge"),
    "show a service": ("show", "aws/lambda"),
    "show a cloud": ("show", "aws"),
    "export": ("export", "--catalog", MINI),
    "check": ("check", MINI, "--date", "2028-12-01"),
    "import times": ("import", str(IMPORTS / "aiperf.json"), "--option", "gpt_6_sol_openai_none", "--dry-run"),
    "import a capacity": (
        "import", str(IMPORTS / "vegeta_report.json"), "--option", "amazon_sqs_standard", "--dry-run",
        "--at-capacity", "--dimension", "writes_per_s",
    ),
    "import prices": (
        "import", str(IMPORTS / "infracost.json"), "--option", "amazon_s3_standard", "--dry-run",
        "--series", "aws_s3_bucket.files",
    ),
    "refresh": ("refresh", "--prices", "--date", "2026-10-01"),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_output_satisfies_the_schema(call: str, capsys: Capture) -> None:
    """Exactly one form of the schema accepts the output."""
    assert run(["catalog", *CALLS[call], "--json"]) == 0
    jsonschema.validate(json.loads(capsys.readouterr().out), SCHEMA, jsonschema.Draft202012Validator)


def test_the_schema_refuses_what_is_broken(capsys: Capture) -> None:
    """An unknown key, a missing one and a wrong type are refused."""
    assert run(["catalog", "list", "--role", "gateway", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    valid = jsonschema.Draft202012Validator(SCHEMA).is_valid
    assert valid(data)
    assert not valid({**data, "more": 1})
    assert not valid({key: value for key, value in data.items() if key != "options"})
    assert not valid({**data, "schema_version": "1"})
