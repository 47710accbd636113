"""``--ignore-column`` of every command that reads visits or recipients."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from chiiki_tsusho.command_line.app import app

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example month computed, and its files again with a column that nobody knows."""
    monkeypatch.chdir(tmp_path)
    for name in ("visits", "providers", "recipients"):
        frame = pd.read_csv(EXAMPLES / f"{name}.csv", dtype=str, keep_default_na=False)
        frame.to_csv(f"{name}.csv", index=False)
        frame.assign(memo="x").to_csv(f"{name}_memo.csv", index=False)
    files = ("--providers", "providers.csv", "--recipients", "recipients.csv")
    CliRunner().invoke(app, ["claim", "visits.csv", *files, "-o", "claims"])
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        "statements claims --recipients recipients_memo.csv -o page.html",
        "claim-file claims --recipients recipients_memo.csv --review-month 2016-05 -o sent",
        "to-plan visits_memo.csv --recipients recipients.csv -o results",
        "explain-claim visits_memo.csv --insured 0000100011",
        "compare visits_memo.csv --month 2016-04 --month 2017-04",
        "claim visits_memo.csv -o other",
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_column_nobody_knows_is_left_unread_where_asked(command: str) -> None:
    refused = CliRunner().invoke(app, command.split())
    assert refused.exit_code == 2
    assert "unknown heading 'memo'" in refused.stderr
    japanese = CliRunner().invoke(app, [*command.split(), "--lang", "ja"])
    assert "見出し「memo」は使えません" in japanese.stderr
    done = CliRunner().invoke(app, [*command.split(), "--ignore-column", "memo"])
    assert done.exit_code in (0, 1), done.stderr
    nowhere = CliRunner().invoke(
        app, [*command.split(), "--ignore-column", "memo", "--ignore-column", "none"]
    )
    assert nowhere.exit_code == 2
    assert "no file has the column 'none'" in nowhere.stderr
