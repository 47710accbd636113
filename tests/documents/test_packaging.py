"""What is shipped: the wheel, the source distribution, and what an import loads."""

import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

import chiiki_tsusho as ct
from chiiki_tsusho.columns import FILES
from chiiki_tsusho.law.table_files import example_file, law_file

ROOT: Final = Path(__file__).resolve().parents[2]
LAW: Final = tuple(sorted(path.name for path in (ROOT / "data").iterdir()))
STEM: Final = f"chiiki_tsusho-{ct.__version__}"


def python(*words: object, cwd: Path, **environment: str) -> str:
    """Run Python elsewhere and return what it prints."""
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, and the wheel built from nothing but that."""
    folder = tmp_path_factory.mktemp("dist")
    python("-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{STEM}-py3-none-any.whl", f"{STEM}.tar.gz",
    ]  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed; the libraries it needs are those of this run."""
    folder = tmp_path_factory.mktemp("installed")
    python(
        *("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--no-index"),
        *("--no-deps", "--target", folder, built / f"{STEM}-py3-none-any.whl"),
        cwd=built,
    )  # fmt: skip
    return folder


# --- the files ---------------------------------------------------------------------------------


def test_the_wheel_holds_the_package_the_law_and_the_examples(built: Path) -> None:
    """Each file of the package, of data/ and the CSVs of examples/, byte for byte, no other."""
    source = ROOT / "src" / "chiiki_tsusho"
    expected = {
        f"chiiki_tsusho/{path.relative_to(source).as_posix()}": path.read_bytes()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "chiiki_tsusho/py.typed" in expected
    expected |= {f"chiiki_tsusho/data/{name}": (ROOT / "data" / name).read_bytes() for name in LAW}
    assert {path.name for path in (ROOT / "data").iterdir()} == set(LAW)
    examples = list((ROOT / "examples").glob("*.csv"))
    assert len(examples) == 11
    expected |= {f"chiiki_tsusho/examples/{path.name}": path.read_bytes() for path in examples}
    with zipfile.ZipFile(built / f"{STEM}-py3-none-any.whl") as wheel:
        held = {
            name: wheel.read(name)
            for name in wheel.namelist()
            if not name.startswith(f"{STEM}.dist-info/")
        }
    assert set(held) == set(expected)
    assert held == expected


def test_what_the_wheel_says_of_itself(built: Path) -> None:
    with zipfile.ZipFile(built / f"{STEM}-py3-none-any.whl") as wheel:
        metadata = email.message_from_bytes(wheel.read(f"{STEM}.dist-info/METADATA"))
        scripts = wheel.read(f"{STEM}.dist-info/entry_points.txt").decode()
        licence = wheel.read(f"{STEM}.dist-info/licenses/LICENSE")
    assert (metadata["Name"], metadata["Version"]) == ("chiiki-tsusho", ct.__version__)
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "chiiki-tsusho = chiiki_tsusho.command_line.console:main" in scripts
    assert licence == (ROOT / "LICENSE").read_bytes()
    needed = {one.split(">")[0] for one in metadata.get_all("Requires-Dist", []) if ";" not in one}
    assert needed == {
        "jinja2", "numpy", "openpyxl", "pandas", "pyarrow", "pydantic", "python-calamine", "rich",
        "typer",
    }  # fmt: skip


def test_the_description_of_the_wheel_has_no_link_into_the_checkout(built: Path) -> None:
    with zipfile.ZipFile(built / f"{STEM}-py3-none-any.whl") as wheel:
        metadata = email.message_from_bytes(wheel.read(f"{STEM}.dist-info/METADATA"))
    description = metadata.get_payload()
    assert isinstance(description, str)
    assert metadata["Description-Content-Type"] == "text/markdown"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "[how it works](docs/how_it_works.md)" in readme
    assert "how it works (`docs/how_it_works.md`)" in description
    assert "](" not in description
    assert description.count("\n```") == readme.count("\n```")


def test_the_source_distribution_can_be_tested(built: Path) -> None:
    with tarfile.open(built / f"{STEM}.tar.gz") as archive:
        held = {name.removeprefix(f"{STEM}/") for name in archive.getnames()}
    assert {f"data/{name}" for name in LAW} <= held
    for folder in ("tests", "examples"):
        own = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert own <= held
    assert {"pyproject.toml", "README.md", "LICENSE", "src/chiiki_tsusho/py.typed"} <= held


# --- installed, used from another folder -------------------------------------------------------

USE: Final = """
import json
import chiiki_tsusho as ct
from chiiki_tsusho.law.prices_and_limits import benefit_limits, unit_prices
from chiiki_tsusho.law.table_files import law_file
print(json.dumps({
    "package": ct.__file__,
    "tables": [str(law_file(name)) for name in
               ("service_codes.csv", "unit_prices.csv", "benefit_limits.csv")],
    "units": ct.load_codes("2016-04").units(["781241", "789405"]).tolist(),
    "price": int(unit_prices(201604)[0]),
    "limit": int(benefit_limits(201604)[1]),
}))
"""


def test_the_installed_package_finds_the_law_it_carries(installed: Path, tmp_path: Path) -> None:
    told: dict[str, Any] = json.loads(python("-c", USE, cwd=tmp_path, PYTHONPATH=str(installed)))
    own = installed / "chiiki_tsusho"
    assert Path(told["package"]) == own / "__init__.py"
    assert [Path(path).parent for path in told["tables"]] == [own / "data"] * 3
    assert (told["units"], told["price"], told["limit"]) == ([426, 333], 1090, 16692)


def test_the_installed_command_computes_a_month(installed: Path, tmp_path: Path) -> None:
    """As in the checkout, byte for byte."""
    examples = ROOT / "examples"
    words = [
        *("claim", examples / "visits.csv", "--providers", examples / "providers.csv"),
        *("--recipients", examples / "recipients.csv", "-o"),
    ]  # fmt: skip
    script = installed / "bin" / "chiiki-tsusho"
    python(script, *words, "installed", cwd=tmp_path, PYTHONPATH=str(installed))
    python("-m", "chiiki_tsusho", *words, "checkout", cwd=tmp_path)
    names = ["claim_lines.csv", "claims.csv", "held_visits.csv", "problems.csv"]
    there = sorted(path.name for path in (tmp_path / "installed").iterdir())
    assert there == [*names, "run.json"]
    for name in names:
        ours, theirs = (tmp_path / folder / name for folder in ("checkout", "installed"))
        assert ours.read_bytes() == theirs.read_bytes()


def test_the_installed_command_has_the_example_month(installed: Path, tmp_path: Path) -> None:
    script = installed / "bin" / "chiiki-tsusho"
    python(script, "demo", cwd=tmp_path, PYTHONPATH=str(installed))
    python("-m", "chiiki_tsusho", "demo", "checkout", cwd=tmp_path)
    ours, theirs = (
        {
            path.relative_to(tmp_path / folder): path.read_bytes()
            for path in (tmp_path / folder).rglob("*.csv")
        }
        for folder in ("checkout", "chiiki-tsusho-demo")
    )
    assert len(ours) == 6 + 4
    assert ours == theirs


def test_the_tables_in_use_are_those_at_the_top_of_the_checkout() -> None:
    for name in LAW:
        assert law_file(name).read_bytes() == (ROOT / "data" / name).read_bytes()


# --- what an import loads ----------------------------------------------------------------------

HEAVY: Final = ("numpy", "pandas", "pyarrow", "pydantic", "rich", "typer", "openpyxl")
LOADED: Final = "import json, sys; print(json.dumps(sorted(sys.modules)))"


def modules_after(statement: str, folder: Path) -> set[str]:
    return set(json.loads(python("-c", f"{statement}; {LOADED}", cwd=folder)))


@pytest.mark.parametrize(
    "statement",
    [
        "import chiiki_tsusho",
        "import chiiki_tsusho; chiiki_tsusho.__version__, dir(chiiki_tsusho)",
        "from chiiki_tsusho import ChiikiTsushoError",
    ],
)
def test_an_import_loads_nothing_heavy(statement: str, tmp_path: Path) -> None:
    loaded = modules_after(statement, tmp_path)
    assert "chiiki_tsusho" in loaded
    assert not loaded.intersection(HEAVY)


def test_the_command_line_is_not_loaded_by_the_library(tmp_path: Path) -> None:
    loaded = modules_after("import chiiki_tsusho as ct; ct.load_codes, ct.compute_claims", tmp_path)
    assert "pyarrow" in loaded
    assert not loaded & {"pandas", "typer", "rich", "openpyxl", "chiiki_tsusho.command_line.app"}


def test_help_is_shown_without_the_libraries_of_the_batch(tmp_path: Path) -> None:
    loaded = modules_after("import chiiki_tsusho.command_line.app", tmp_path)
    assert "typer" in loaded
    assert not loaded & {"numpy", "pandas", "pyarrow", "pydantic"}


COMMANDS: Final = {
    "lookup": "--month 2016-04 781241",
    "explain": "--month 2016-04 --minutes 240 --care-level 1",
    "claim": "visits.csv --providers providers.csv --recipients recipients.csv -o results",
    "explain-claim": "visits.csv --insured 0000100011 --providers providers.csv",
    "report": "results",
}
# pyarrow.acero imports what reads data sets and Parquet; numpy.ma is asked for by np.unique.
NEEDLESS: Final = {
    "pandas", "numpy.ma", "numpy.random", "pyarrow.acero", "pyarrow.dataset", "pyarrow.parquet",
    "openpyxl", "python_calamine", "rich", "asyncio", "multiprocessing", "ssl",
}  # fmt: skip


FAULTS: Final[dict[str, Callable[[list[str]], list[str]]]] = {
    "numbers without their first zeros": lambda cells: [one.lstrip("0") or one for one in cells],
    "a mark left open": lambda cells: [*cells[:5], f'"{cells[5]}', *cells[6:]],
    "the last cell left out": lambda cells: cells[:-1],
    "minutes beyond the table": lambda cells: [*cells[:5], "2000", *cells[6:]],
    "every cell": lambda cells: [f"x{one}" for one in cells],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_month_with_faults_is_read_without_pandas(fault: str, tmp_path: Path) -> None:
    for file in FILES:
        shutil.copy(example_file(f"{file}.csv"), tmp_path)
    visits = tmp_path / "visits.csv"
    heading, *lines = visits.read_text(encoding="utf-8").splitlines()
    assert heading.split(",")[5] == "minutes"
    spoiled = [",".join(FAULTS[fault](line.split(","))) for line in lines]
    visits.write_text("\n".join([heading, *spoiled, ""]), encoding="utf-8")
    words = ["claim", *COMMANDS["claim"].split()]
    run = f"from chiiki_tsusho.command_line.app import app; app({words!r}, standalone_mode=False)"
    *_, last = python("-c", f"{run}; {LOADED}", cwd=tmp_path).splitlines()
    assert (tmp_path / "results" / "problems.csv").read_text(encoding="utf-8-sig").count("\n") > 9
    assert "pandas" not in json.loads(last)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_loads_only_what_it_needs(name: str, tmp_path: Path) -> None:
    for file in FILES:
        shutil.copy(example_file(f"{file}.csv"), tmp_path)
    if name == "report":
        python("-m", "chiiki_tsusho", "claim", *COMMANDS["claim"].split(), cwd=tmp_path)
    words = [name, *COMMANDS[name].split()]
    run = f"from chiiki_tsusho.command_line.app import app; app({words!r}, standalone_mode=False)"
    *_, last = python("-c", f"{run}; {LOADED}", cwd=tmp_path).splitlines()
    loaded = set(json.loads(last))
    assert "numpy" in loaded
    assert sorted(loaded & NEEDLESS) == []
    if name == "report":
        # The templates of the page are compiled already.
        assert "jinja2" in loaded
        assert (tmp_path / "results" / "report.html").is_file()


def test_every_public_name_is_there_and_no_other() -> None:
    assert dir(ct) == sorted([*ct.__all__, "__version__"])
    for name in ct.__all__:
        assert getattr(ct, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'compute_claim'"):
        getattr(ct, "compute_claim")  # noqa: B009 (not known to a type checker)
