"""Results in a folder: what they hold to the byte, and that they are there whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from chiiki_tsusho import InputFileError, OutputError
from chiiki_tsusho.batch import FileBatch, claim_files
from chiiki_tsusho.choices import FileFormat
from chiiki_tsusho.writing.folders import FolderSink
from chiiki_tsusho.writing.table_writers import table_writer
from helpers.inputs import PROVIDER, RECIPIENT, compute, csv_text, texts, visit, visits, written
from helpers.processes import hear_interrupts

OUTPUTS = ("claim_lines", "claims", "held_visits", "problems")
ROWS = [
    visit(2, bathing="1"),
    visit(1, bathing=""),
    visit(1, insured_no="0000000002", care_level='"x, ""y"""'),
    visit(3, insured_no="0000000003", care_level="z"),
]


def run(
    folder: Path,
    out: str = "out",
    file_format: FileFormat = "csv",
    text: str | None = None,
    providers: list[dict[str, str]] | None = None,
    recipients: list[dict[str, str]] | None = None,
    replace: bool = False,
) -> FileBatch:
    """Compute the rows above into a folder beside them."""
    (folder / "visits.csv").write_text(text or csv_text(ROWS), encoding="utf-8")
    paths: dict[str, Path] = {}
    for name, rows in (("providers", providers), ("recipients", recipients)):
        if rows is not None:
            paths[name] = folder / f"{name}.csv"
            paths[name].write_text(csv_text(rows), encoding="utf-8")
    return claim_files(
        folder / "visits.csv",
        folder / out,
        paths.get("providers"),
        paths.get("recipients"),
        file_format=file_format,
        replace=replace,
    )


def names(folder: Path) -> list[str]:
    """Everything in a folder, hidden or not."""
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, but for the record of the run, which has the time in it."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "run.json"}


def expected_names(file_format: str = "csv", held: str = "csv") -> list[str]:
    files = [f"{name}.{held if name == 'held_visits' else file_format}" for name in OUTPUTS]
    return sorted([*files, "run.json"])


# ---------------------------------------------------------------- what is written


def test_files_to_the_byte(tmp_path: Path) -> None:
    # 852 and 50 units at 10.14 (7級地) are 9,146.28 yen; 90 % 8,231.4.
    result = run(
        tmp_path,
        providers=[{**PROVIDER, "area_grade": "7"}],
        recipients=[
            {**RECIPIENT, "insured_no": f"000000000{number}", "benefit_rate": "90"}
            for number in (1, 2, 3)
        ],
    )
    assert names(tmp_path / "out") == expected_names()
    files = {name: data.decode() for name, data in contents(tmp_path / "out").items()}
    assert files["claim_lines.csv"] == (
        "service_month,provider_no,insurer_no,insured_no,service_code,units,count,service_units,"
        "limit_managed,public_count,public_units\n"
        "201604,1370000018,131003,0000000001,781241,426,2,852,1,0,0\n"
        "201604,1370000018,131003,0000000001,785301,50,1,50,1,0,0\n"
    )
    assert files["claims.csv"] == (
        "service_month,provider_no,insurer_no,insured_no,care_level,visits,days,managed_units,"
        "unmanaged_units,total_units,planned_units,benefit_units,self_paid_units,unit_price,"
        "total_yen,benefit_rate,insurance_yen,public_yen,copay_yen,self_paid_yen,public_units\n"
        "201604,1370000018,131003,0000000001,1,2,2,902,0,902,902,902,0,1014,9146,90,8231,0,915,0,0\n"
    )
    assert files["held_visits.csv"] == "".join(
        line for at, line in enumerate(csv_text(ROWS).splitlines(keepends=True)) if at not in (1, 2)
    )
    assert texts(pd.read_csv(tmp_path / "out" / "problems.csv", dtype=str))[1:] == [
        [
            *("error", "visits", "4", "2", "201604", "1370000018", "131003", "0000000002"),
            "care_level",
            'x, "y"',
            "bad_value",
            "'x, \"y\"' is not a whole number from 1 to 5; write it in digits",
        ],
        [
            *("error", "visits", "5", "3", "201604", "1370000018", "131003", "0000000003"),
            "care_level",
            "z",
            "bad_value",
            "'z' is not a whole number from 1 to 5; write it in digits",
        ],
    ]
    assert (result.summary.units, result.summary.yen) == (902, 9146)
    assert (result.summary.held_claims, result.summary.held_visits) == (2, 2)


def test_yen_not_known_are_blank(tmp_path: Path) -> None:
    result = run(tmp_path)
    row = (tmp_path / "out" / "claims.csv").read_text(encoding="utf-8").splitlines()[1]
    assert row == "201604,1370000018,131003,0000000001,1,2,2,902,0,902,902,902,0,,,,,,,,0"
    assert (result.summary.without_price, result.summary.without_rate) == (1, 0)


def test_problem_of_a_whole_claim_has_no_line(tmp_path: Path) -> None:
    run(tmp_path, text=csv_text([visit(1)]), providers=[{"provider_no": "1370000026"}])
    problem = written(tmp_path / "out", "problems")[1]
    assert problem[:-1] == [
        *("error", "visits", "", "", "201604", "1370000018", "131003", "0000000001"),
        *("provider_no", "1370000018", "unknown_provider"),
    ]


def test_nothing_held_leaves_the_heading(tmp_path: Path) -> None:
    run(tmp_path, text=csv_text(visits(2)))
    held = (tmp_path / "out" / "held_visits.csv").read_text(encoding="utf-8")
    assert held == csv_text(visits(2)).splitlines(keepends=True)[0]
    assert (tmp_path / "out" / "problems.csv").read_text(encoding="utf-8") == (
        "severity,file,line,held_line,service_month,provider_no,insurer_no,insured_no,column,"
        "value,rule,message\n"
    )


@pytest.mark.parametrize("given", [True, False])
def test_parquet_holds_what_csv_holds(tmp_path: Path, given: bool) -> None:
    providers = [PROVIDER | {"area_grade": "1"}] if given else None
    run(tmp_path, "a", "csv", providers=providers)
    run(tmp_path, "b", "parquet", providers=providers)
    assert names(tmp_path / "b") == expected_names("parquet")
    for name in ("claims", "claim_lines", "problems"):
        assert written(tmp_path / "a", name) == written(tmp_path / "b", name)
    held = [(tmp_path / out / "held_visits.csv").read_bytes() for out in ("a", "b")]
    assert held[0] == held[1]
    # Whole numbers, blank or not, and text: no column is a float or of no type.
    for name in ("claims", "claim_lines", "problems"):
        schema = parquet.read_schema(tmp_path / "b" / f"{name}.parquet")
        assert {str(kind) for kind in schema.types} == {"string", "int64"}


def test_files_hold_what_frames_hold(tmp_path: Path) -> None:
    rows = [{**row, "care_level": row["care_level"].strip('"')} for row in ROWS]
    result = run(tmp_path, text=csv_text(rows).replace(", ", " "))
    batch = compute([{**row, "care_level": row["care_level"].replace(", ", " ")} for row in rows])
    for name in ("claims", "claim_lines", "held_visits"):
        assert written(tmp_path / "out", name) == texts(getattr(batch, name))
    pd.testing.assert_frame_equal(result.problems, batch.problems)


@pytest.mark.parametrize("words", [(), ("name",)])
@pytest.mark.parametrize("lengths", [(0, 3), (0, 0, 3), (1, 0, 2), (3, 0), (0,)])
def test_pieces_without_rows_leave_no_trace(
    lengths: tuple[int, ...], words: tuple[str, ...], tmp_path: Path
) -> None:
    table = pa.table(
        {
            "name": pa.chunked_array([pa.array(["a"] * n, pa.string()) for n in lengths]),
            "units": pa.chunked_array([pa.array([7] * n, pa.int64()) for n in lengths]),
        }
    )
    writer = table_writer(tmp_path / "table.csv", table.schema, words=words)
    writer.write(writer.formed(table))
    writer.close()
    line = '"a",7\n' if words else "a,7\n"
    assert (tmp_path / "table.csv").read_text("utf-8") == "name,units\n" + line * sum(lengths)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_two_runs_give_the_same_bytes(tmp_path: Path, file_format: FileFormat) -> None:
    run(tmp_path, "a", file_format)
    run(tmp_path, "b", file_format)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


# ---------------------------------------------------------------- the folder


def test_folders_above_are_made(tmp_path: Path) -> None:
    run(tmp_path, "a/b/c")
    assert names(tmp_path / "a" / "b") == ["c"]
    assert names(tmp_path / "a" / "b" / "c") == expected_names()


def test_folder_may_be_read_by_whom_the_user_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        run(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o750


def test_files_that_may_not_be_written_leave_results_that_may(tmp_path: Path) -> None:
    # Who is not root cannot have a file put on the disk that its owner may not write.
    visits, out = tmp_path / "visits.csv", tmp_path / "out"
    visits.write_text(csv_text(ROWS), encoding="utf-8")
    visits.chmod(0o440)
    before = os.umask(0o022)
    try:
        claim_files(visits, out)
        (out / "claims.csv").chmod(0o400)
        claim_files(visits, out)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()}
    assert (modes["held_visits.csv"], modes["claims.csv"]) == (0o640, 0o600)


def test_older_results_are_replaced_and_other_files_left(tmp_path: Path) -> None:
    run(tmp_path, text=csv_text(visits(9)))
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    run(tmp_path, "fresh")
    run(tmp_path)
    assert contents(tmp_path / "out") == {**contents(tmp_path / "fresh"), "notes.txt": b"mine"}


def test_results_of_the_other_format_are_removed(tmp_path: Path) -> None:
    run(tmp_path, file_format="parquet")
    run(tmp_path, file_format="csv")
    assert names(tmp_path / "out") == expected_names("csv")
    run(tmp_path, file_format="parquet")
    assert names(tmp_path / "out") == expected_names("parquet")


def test_held_rows_keep_the_format_of_their_file(tmp_path: Path) -> None:
    table = pd.DataFrame(ROWS).fillna("")
    table.to_parquet(tmp_path / "visits.parquet", index=False)
    claim_files(tmp_path / "visits.parquet", tmp_path / "out", replace=True)
    assert names(tmp_path / "out") == expected_names("csv", held="parquet")
    # A later run on a CSV leaves no held rows of this one.
    run(tmp_path, replace=True)
    assert names(tmp_path / "out") == expected_names("csv", held="csv")


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(OutputError, match=r"out: is a file; a folder was expected"):
        run(tmp_path)
    assert (tmp_path / "out").read_text(encoding="utf-8") == "a file"
    with pytest.raises(OutputError, match="out: is a file; a folder was expected"):
        run(tmp_path, "out/sub")
    assert names(tmp_path) == ["out", "visits.csv"]


def test_folder_that_may_not_be_written(tmp_path: Path) -> None:
    refused = PermissionError(13, "Permission denied")
    with (
        mock.patch.object(Path, "mkdir", side_effect=refused),
        pytest.raises(
            OutputError,
            match="out: cannot be written: Permission denied; nothing of this run is left there",
        ),
    ):
        run(tmp_path)
    assert names(tmp_path) == ["visits.csv"]


@pytest.mark.parametrize("name", ["claims.csv", "held_visits.csv", "problems.parquet"])
@pytest.mark.parametrize("file", ["visits", "providers", "recipients", "codes"])
def test_result_never_replaces_an_input(tmp_path: Path, name: str, file: str) -> None:
    (tmp_path / "visits.csv").write_text(csv_text(ROWS), encoding="utf-8")
    (tmp_path / name).write_text("own", encoding="utf-8")
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    for folder in (tmp_path, link, tmp_path / "x" / ".."):
        for own in (tmp_path / name, link / name):
            given: dict[str, Any] = {"visits": tmp_path / "visits.csv", file: own}
            with pytest.raises(OutputError) as caught:
                claim_files(folder=folder, **given)
            assert str(caught.value) == (
                f"{own}: the output would replace this input; choose another folder than {folder}"
            )
    assert (tmp_path / name).read_text(encoding="utf-8") == "own"
    assert names(tmp_path) == sorted(["link", "visits.csv", name])


def test_inputs_may_lie_in_the_folder_under_their_own_names(tmp_path: Path) -> None:
    run(tmp_path, ".")
    assert names(tmp_path) == sorted([*expected_names(), "visits.csv"])


def test_wrong_input_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputFileError):
        run(tmp_path, text="a,b\n1,2\n")
    assert names(tmp_path) == ["visits.csv"]


# ---------------------------------------------------------------- whole or not at all

DISK_FULL = """
    import json, os, resource, sys, tempfile
    from pathlib import Path
    from chiiki_tsusho import OutputError
    from chiiki_tsusho.batch import claim_files

    # It is looked for once, by writing there.
    tempfile.gettempdir()
    folder, soft, hard = Path(sys.argv[1]), *resource.getrlimit(resource.RLIMIT_FSIZE)
    found = []
    for visits in ("visits.csv", "visits.parquet"):
        for file_format in ("csv", "parquet", "xlsx"):
            for limit in (0, 10, 100, 1000, 2000):
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
                for out in ("new", "old"):
                    try:
                        claim_files(
                            folder / visits, folder / out, file_format=file_format, replace=True
                        )
                        said = "written"
                    except OutputError as error:
                        said = str(error)
                    files = [os.listdir(folder), os.listdir(folder / "old")]
                    found.append([out, said, *files])
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    print(json.dumps(found))
"""


def test_full_disk_leaves_nothing_and_takes_nothing(tmp_path: Path) -> None:
    # 60 persons, half of them held: no run fits into the largest limit.
    rows = [
        visit(1, insured_no=f"{number:010}", care_level="1" if number % 2 else "x")
        for number in range(60)
    ]
    run(tmp_path, "old", text=csv_text(rows))
    pd.DataFrame(rows).to_parquet(tmp_path / "visits.parquet", index=False, compression=None)
    before, there = contents(tmp_path / "old"), names(tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(DISK_FULL), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    runs = json.loads(done.stdout)
    assert len(runs) == 2 * 3 * 5 * 2
    for out, said, files, old in runs:
        assert said.startswith(f"{tmp_path / out}: cannot be written: ")
        assert said.endswith("File too large; nothing of this run is left there")
        assert sorted(files) == there
        assert sorted(old) == sorted([*before, "run.json"])
    assert contents(tmp_path / "old") == before


STOPPED = """
    import sys, time
    from pathlib import Path
    from chiiki_tsusho.command_line import app as cli
    from chiiki_tsusho.writing import folders as writing

    def wait(*_):
        ready.touch()
        time.sleep(60)

    ready = Path(sys.argv.pop(1))
    setattr(writing.FolderSink, sys.argv.pop(1), wait)
    cli.app()
"""


@pytest.mark.parametrize(
    ("stage", "number", "out"),
    [
        ("claims", signal.SIGTERM, "new"),
        ("claims", signal.SIGINT, "old"),
        ("held", signal.SIGHUP, "old"),
        ("held", signal.SIGINT, "new"),
        ("finish", signal.SIGQUIT, "new"),
        ("finish", signal.SIGTERM, "old"),
    ],
)
def test_stop_half_way_leaves_nothing(
    tmp_path: Path, stage: str, number: signal.Signals, out: str
) -> None:
    run(tmp_path, "old")
    before = contents(tmp_path / "old")
    ready = tmp_path / "ready"
    with subprocess.Popen(
        [
            *(sys.executable, "-W", "error", "-c", textwrap.dedent(STOPPED)),
            *(str(ready), stage),
            *("claim", str(tmp_path / "visits.csv"), "-o", str(tmp_path / out)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,
    ) as process:
        while not ready.exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(number)
        said = process.communicate(timeout=50)
    assert (process.returncode, *said) == (130, "", "stopped; nothing of this run was written\n")
    ready.unlink()
    assert names(tmp_path) == ["old", "visits.csv"]
    assert contents(tmp_path / "old") == before


@pytest.mark.parametrize("stage", ["formed", "claims", "held"])
def test_disk_that_fills_in_the_midst(tmp_path: Path, stage: str) -> None:
    full = OSError(28, "No space left on device")
    with (
        mock.patch.object(FolderSink, stage, side_effect=full),
        pytest.raises(OutputError, match="out: cannot be written: No space left on device"),
    ):
        run(tmp_path)
    assert names(tmp_path) == ["visits.csv"]


def test_failure_in_the_midst_leaves_nothing(tmp_path: Path) -> None:
    with (
        mock.patch(
            "chiiki_tsusho.claims.claim_slices.settle",
            side_effect=ZeroDivisionError("in the midst"),
        ),
        pytest.raises(ZeroDivisionError, match="in the midst"),
    ):
        run(tmp_path)
    assert names(tmp_path) == ["visits.csv"]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_files_that_cannot_be_opened(tmp_path: Path, file_format: FileFormat) -> None:
    opened = Path.open

    def refuse(path: Path, *given: object, **named: object) -> object:
        if path.name == "held_visits.csv":
            raise OSError(28, "No space left on device")
        return opened(path, *given, **named)  # type: ignore[call-overload]

    with (
        mock.patch.object(Path, "open", refuse),
        pytest.raises(OutputError, match="out: cannot be written: No space left on device"),
    ):
        run(tmp_path, file_format=file_format)
    assert names(tmp_path) == ["visits.csv"]


@pytest.mark.parametrize("numbers", [[0, 4095, 4096, 65535], [0, 65535, 65536], [-1, 7]])
def test_numbers_of_every_size_are_written_as_they_are(tmp_path: Path, numbers: list[int]) -> None:
    table = pa.table({"number": numbers})
    writer = table_writer(tmp_path / "table.csv", table.schema)
    writer.write(writer.formed(table))
    writer.close()
    assert (tmp_path / "table.csv").read_text() == "\n".join(["number", *map(str, numbers), ""])
