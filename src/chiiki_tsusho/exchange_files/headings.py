"""The Japanese headings of what is told of exchanged files: findings, returns, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chiiki_tsusho.columns import CLAIM_KEY, PROBLEMS
from chiiki_tsusho.language import Language

if TYPE_CHECKING:
    import pandas as pd

HEADINGS = {column.name: column.heading for column in (*CLAIM_KEY, *PROBLEMS)} | {
    "item": "項目",
    "heading": "項目名",
    "found": "ファイルの値",
    "expected": "あるべき値",
    "return_code": "返戻コード",
    "kind": "種別",
    "service_kind": "サービス種類",
    "units": "単位数",
    "reason": "事由",
    "code": "返戻コード",
    "waiting": "保留",
    "meaning": "内容",
    "established": "内容の確認",
    "correct": "訂正する列",
    "what_to_do": "直し方",
}


def headed(frame: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return a table under the headings of a language."""
    return frame.rename(columns=HEADINGS) if language == "ja" else frame
