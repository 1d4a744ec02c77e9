"""What ``propose -o`` writes: the formats asked for, decision records, and a folder that makes itself again."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from structurizr_reader import read

from advisor import files
from advisor.catalog.load import load_catalog
from advisor.commands.main import run
from advisor.render import numbers
from advisor.render.markdown import escape
from advisor.scenario.load import load_scenario
from advisor.scenario.portable import portable
from advisor.yamlfile import parse

Capture = pytest.CaptureFixture[str]
DATA = Path(__file__).parent / "data"
MINI = ["--catalog", str(DATA / "mini_catalog")]
TEXT = (DATA / "mini_scenario.yml").read_text(encoding="utf-8")
DATE = ["--date", "2026-11-22"]
DIAGRAMS = {"diagram.svg", "diagram.png", "diagram.gv", "diagram.mmd", "diagram.d2", "workspace.dsl"}
OWN = """\
alpha_gateway_managed:
  operations_h_per_month: {value: 3, basis: estimate, checked: 2026-11-20, reasoning: our tickets of a year}
"""


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def propose(out: Path, *more: str, scenario: Path = DATA / "mini_scenario.yml") -> dict[str, bytes]:
    """Return what ``propose`` writes for the small scenario."""
    assert run(["propose", str(scenario), "-o", str(out), *DATE, *(more or MINI)]) == 0
    return contents(out)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the files of the small scenario in the default formats."""
    return propose(tmp_path_factory.mktemp("proposal"))


@pytest.fixture(scope="module")
def proposal(written: dict[str, bytes]) -> dict[str, object]:
    """Return the proposal as JSON."""
    found: dict[str, object] = json.loads(written["proposal.json"])
    return found


def test_default_files(written: dict[str, bytes]) -> None:
    """Markdown and HTML, records, every diagram, the charts, the JSON, the scenario, its catalog, what people write."""
    names = {name for name in written if not name.startswith(("adr/", "catalog/", "latency_", "human/"))}
    assert names == {"design.md", "design.html", "cost.svg", "proposal.json", "scenario.yml", *DIAGRAMS}
    assert {name for name in written if name.startswith("catalog/")} == {
        f"catalog/{p.relative_to(DATA / 'mini_catalog').as_posix()}" for p in (DATA / "mini_catalog").rglob("*.yml")
    }


@pytest.mark.parametrize(
    ("formats", "there", "missing"),
    [
        ("md", {"design.md", "adr/README.md"}, {"design.html", "design.pdf"}),
        ("html", {"design.html"}, {"design.md", "adr/README.md", "design.pdf"}),
        ("HTML, md", {"design.md", "design.html"}, {"design.pdf"}),
    ],
)
def test_formats_asked_for(formats: str, there: set[str], missing: set[str], tmp_path: Path) -> None:
    """Only the formats asked for are written; the diagrams and the JSON always are."""
    found = set(propose(tmp_path, "--format", formats, *MINI))
    assert there | DIAGRAMS | {"proposal.json"} <= found
    assert not missing & found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "htm", "-o", "out"], "'htm' is not one of md, html, pdf; did you mean 'html'?"),
        (["--format", "", "-o", "out"], "'' is not one of md, html, pdf"),
        (["--format", "md"], "--format says what to write; add -o DIR"),
        (["--draft", "-o", "out"], "--draft prints the document and writes nothing"),
        (["--draft", "--json"], "--draft prints the document and writes nothing"),
    ],
)
def test_options_that_make_no_sense(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A misspelt format and options that contradict each other are refused before any work, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    assert run(["propose", str(DATA / "mini_scenario.yml"), *MINI, *arguments]) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_draft_prints_the_document_and_writes_nothing(
    written: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """The printed document is the one that -o writes, byte for byte, and no file appears."""
    monkeypatch.chdir(tmp_path)
    assert run(["propose", str(DATA / "mini_scenario.yml"), "--draft", *DATE, *MINI]) == 0
    assert capsys.readouterr().out.encode() == written["design.md"]
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- decision records


def records(written: dict[str, bytes]) -> dict[str, str]:
    """Return the decision records by name, the index left out."""
    return {
        name: text.decode() for name, text in written.items() if name.startswith("adr/") and name != "adr/README.md"
    }


def test_one_record_a_role_in_the_blueprints_order(written: dict[str, bytes], proposal: dict[str, object]) -> None:
    """Numbers run from 0001 in the order of the design's roles, and the index links every record."""
    design = proposal["design"]
    assert isinstance(design, dict)
    expected = [f"adr/{n:04}-{role.replace('_', '-')}.md" for n, role in enumerate(design, start=1)]
    assert list(records(written)) == expected
    index = written["adr/README.md"].decode()
    assert re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", index) == [name.removeprefix("adr/") for name in expected]


def test_records_are_madr(written: dict[str, bytes]) -> None:
    """Each record has the front matter and every section of MADR 4, in its order."""
    sections = ["Context and Problem Statement", "Decision Drivers", "Considered Options", "Decision Outcome"]
    sections += ["Pros and Cons of the Options", "More Information"]
    for name, text in records(written).items():
        _, front, body = text.split("---\n", 2)
        assert parse(front).data.keys() == {"status", "date", "decision-makers"}, name
        assert re.findall(r"^## (.+)$", body, re.M) == sections, name
        assert re.findall(r"^### (Consequences|Confirmation)$", body, re.M) == ["Consequences", "Confirmation"], name


def test_records_carry_the_evaluations_numbers(written: dict[str, bytes], proposal: dict[str, object]) -> None:
    """Cost, hours, availability and the drivers' values are those of the proposal's JSON."""
    design, constraints = proposal["design"], proposal["constraints"]
    assert isinstance(design, dict)
    assert isinstance(constraints, list)
    values = {numbers.metric(c["metric"], c["value"]) for c in constraints if isinstance(c.get("value"), float)}
    for (role, chosen), text in zip(design.items(), records(written).values(), strict=True):
        if chosen["option"] is None:
            assert "there is nothing to pay or to run" in text
            continue
        assert f"it costs {numbers.usd(chosen['cost_usd_per_month'])} a month" in text, role
        assert f"it is up {numbers.availability(chosen['availability'])} of the time" in text, role
        found = re.findall(r": ([^:]+) in this design", text)
        assert found, role
        assert set(found) <= {str(value) for value in values} | {f"{c['value']}" for c in constraints}, role


def test_every_option_has_its_reason(written: dict[str, bytes], proposal: dict[str, object]) -> None:
    """Each component that was not chosen stands among the options, with what speaks against it."""
    reasons = proposal["not_chosen"]
    assert isinstance(reasons, dict)
    for (role, found), text in zip(reasons.items(), records(written).values(), strict=True):
        parts = re.split(r"^### ", text.split("## Pros and Cons of the Options")[1], flags=re.M)[1:]
        assert len(parts) == len(found), role
        for reason, part in zip(found, parts, strict=True):
            assert re.search(r"^- (Bad|Neutral), because .{10,}", part, re.M), (role, reason["component"])


def test_a_record_escapes_what_was_typed(tmp_path: Path) -> None:
    """An owner and a title full of markup stay text, in the front matter and in the Markdown."""
    nasty = "a: [b] 'c' # <script>alert(1)</script> | `x` ](javascript:alert(1)) {{ 7*7 }}"
    scenario = tmp_path / "s.yml"
    text = TEXT.replace("title: Help desk assistant", f"title: {json.dumps(nasty)}")
    scenario.write_text(text.replace("owner: Workplace IT", f"owner: {json.dumps(nasty)}"))
    found = records(propose(tmp_path / "out", "--format", "md", *MINI, scenario=scenario))
    for text in found.values():
        assert parse(text.split("---\n")[1]).data["decision-makers"] == nasty
        assert "<script>" not in text.split("---\n", 2)[2]
    assert escape(nasty) in (tmp_path / "out" / "adr" / "README.md").read_text()


# ---------------------------------------------------------------- made again


def command_of(written: dict[str, bytes]) -> list[str]:
    """Return the command that the document prints."""
    found = re.search(r"^```sh\nadvisor (.+)\n```$", written["design.md"].decode(), re.M)
    assert found
    return found[1].split()


def again(written: dict[str, bytes], folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Return what the printed command makes in a new folder that holds only what it reads."""
    needed = ("scenario.yml", "catalog/", "catalogs/")
    files.write_all(folder, {name: data for name, data in written.items() if name.startswith(needed)})
    monkeypatch.chdir(folder)
    assert run(command_of(written)) == 0
    return contents(folder)


def test_a_proposal_with_another_catalog_makes_itself_again(
    written: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The catalog named by --catalog is copied, and the printed command gives the same bytes in another place."""
    assert command_of(written)[-2:] == ["--catalog", "catalog"]
    assert again(written, tmp_path, monkeypatch) == written


def test_a_proposal_with_own_figures_makes_itself_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders under ``catalogs`` are copied and renamed in the text; the digest is the one of the written scenario."""
    ours = tmp_path / "here" / "our figures"
    ours.mkdir(parents=True)
    option = next(iter(load_catalog(DATA / "mini_catalog").options))
    (ours / "figures.yml").write_text(OWN.replace("alpha_gateway_managed", option))
    scenario = tmp_path / "here" / "s.yml"
    scenario.write_text(TEXT + 'catalogs:  # ours\n  - "our figures"  # measured\n')
    found = propose(tmp_path / "out", "--format", "md", *MINI, scenario=scenario)
    assert found[
        "scenario.yml"
    ].decode() == TEXT + "catalogs:  # ours\n  - catalogs/1-our_figures  # measured\n".replace(
        "catalogs/1-our_figures", '"catalogs/1-our_figures"'
    )
    assert found["catalogs/1-our_figures/figures.yml"] == (ours / "figures.yml").read_bytes()
    copy = load_scenario(tmp_path / "out" / "scenario.yml", load_catalog(DATA / "mini_catalog"))
    digests = re.findall(r"digest `([0-9a-f]{12})`", found["design.md"].decode())
    assert digests == [copy.digest, copy.catalog.digest if copy.catalog else ""]
    assert again(found, tmp_path / "again", monkeypatch) == found


@pytest.mark.parametrize(
    "entries",
    [
        "catalogs: [ours, 'two']  # after\n",
        'catalogs:\n- ours   # first\n-   "two"\n',
        "catalogs: [\n  ours,  # first\n  two,\n]\n",
        "catalogs: [ours, two]",
        "catalogs:\r\n- ours\r\n- two\r\nowner: é\r\n",
    ],
)
def test_only_the_entries_of_the_text_change(entries: str, tmp_path: Path) -> None:
    """Comments, order, quotes elsewhere and line ends stay byte for byte, and doing it again changes nothing."""
    for name in ("ours", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "figures.yml").write_text(OWN)
    head = "# é 模型 🚀\ntitle: 'x'   # kept\n"
    made = portable(head + entries, str(tmp_path / "s.yml"))
    assert parse(made.text).data["catalogs"] == ["catalogs/1-ours", "catalogs/2-two"]
    assert made.text.startswith(head)
    plain = re.sub(r"""["']?catalogs/\d-(ours|two)["']?""", r"\1", made.text)
    assert plain == head + re.sub(r"""["'](two)["']""", r"\1", entries)
    assert set(made.files) == {"catalogs/1-ours/figures.yml", "catalogs/2-two/figures.yml"}
    files.write_all(tmp_path, made.files)
    assert portable(made.text, str(tmp_path / "s.yml")).text == made.text


def test_a_missing_folder_is_said_of_the_users_file(tmp_path: Path, capsys: Capture) -> None:
    """A folder that is not there is an error that names the user's file, and nothing is written."""
    scenario = tmp_path / "s.yml"
    scenario.write_text(TEXT + "catalogs: [nowhere]\n")
    assert run(["propose", str(scenario), "-o", str(tmp_path / "out"), *MINI]) == 2
    assert "nowhere: is not a folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_files_of_an_earlier_proposal_are_named(tmp_path: Path, capsys: Capture) -> None:
    """What a run does not write again stays where it is, and is named: it speaks of another design."""
    out = tmp_path / "out"
    propose(out, "--format", "md", *MINI)
    assert "earlier run" not in capsys.readouterr().err
    (out / "adr" / "0042-old-role.md").write_text("# of a role that the blueprint no longer has")
    propose(out, "--format", "html", *MINI)
    said = capsys.readouterr().err
    assert "left by an earlier run, not of this proposal: adr/0001-" in said
    assert "adr/0042-old-role.md" in said
    assert "design.md" in said
    assert "design.html" not in said
    assert (out / "adr" / "0042-old-role.md").exists()


def test_a_full_disk_leaves_the_earlier_proposal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """When the disk fills up in the middle, every file of the earlier run is as it was and the error says why."""
    before = propose(tmp_path, "--format", "md", *MINI)
    calls, sync = iter(range(1000)), os.fsync

    def full(handle: int) -> None:
        if next(calls) == 9:
            raise OSError(28, "No space left on device")
        sync(handle)

    monkeypatch.setattr(files.os, "fsync", full)
    arguments = ["propose", str(DATA / "mini_scenario.yml"), "-o", str(tmp_path), "--date", "2026-11-23", *MINI]
    assert run(arguments) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert contents(tmp_path) == before


# ---------------------------------------------------------------- hostile text

NASTY = (
    '"q\' `t` <b onload="x()"> </script> | {b} ](javascript:alert(1)) #{x} ${HOME} \\n \\ \u202eevil \u200f 🚀 模型 '
    "; // /* = @x &amp; "
)


def test_hostile_text_in_every_field_breaks_no_format(tmp_path: Path) -> None:
    """A title, owner and description of 200 hostile characters leave every file of a proposal sound."""
    name = (NASTY * 3)[:200]
    text = TEXT.replace("title: Help desk assistant", f"title: {json.dumps(name, ensure_ascii=False)}")
    text = text.replace("owner: Workplace IT", f"owner: {json.dumps(name, ensure_ascii=False)}")
    text = re.sub(r"description: >-\n.*\n", lambda _: f"description: {json.dumps(name, ensure_ascii=False)}\n", text)
    scenario = tmp_path / "s.yml"
    scenario.write_text(text, encoding="utf-8")
    found = propose(tmp_path / "out", "--format", "md,html,pdf", *MINI, scenario=scenario)
    assert load_scenario(tmp_path / "out" / "scenario.yml", load_catalog(DATA / "mini_catalog")).title == name
    assert read(found["workspace.dsl"].decode()).containers
    roles = len(json.loads(found["proposal.json"])["design"])
    for picture in ("diagram.svg", "cost.svg"):
        root = ET.fromstring(found[picture])
        assert not [
            e for e in root.iter() if str(e.tag).endswith("}script") or any(k.startswith("on") for k in e.attrib)
        ]
    assert found["diagram.mmd"].decode().count("role_") > roles
    assert len(re.findall(r"^  *role_\w+: \"", found["diagram.d2"].decode(), re.M)) > 0
    assert found["design.pdf"].startswith(b"%PDF-")
    assert found["diagram.png"].startswith(b"\x89PNG")
    for file in ("design.md", "adr/README.md"):
        outside_code = re.sub(r"^(`{3,}).*?^\1$", "", found[file].decode(), flags=re.S | re.M)
        assert "<b onload" not in outside_code.replace("\\<", "")
    assert b"<b onload" not in found["design.html"]
