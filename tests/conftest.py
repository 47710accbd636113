"""What all tests share: how many examples hypothesis draws."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# The tests speak English wherever they run; those of the other languages say so.
os.environ["LC_ALL"] = "C.UTF-8"

# The same examples in every run; CHIIKI_TSUSHO_EXAMPLES=1000 draws that many others.
EXAMPLES = os.environ.get("CHIIKI_TSUSHO_EXAMPLES")

settings.register_profile(
    "chiiki_tsusho",
    max_examples=int(EXAMPLES or 60),
    derandomize=EXAMPLES is None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("chiiki_tsusho")
