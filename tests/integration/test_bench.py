"""The benchmark runs and reports; how fast the bot is, a machine shared with other tests cannot say.

Nor how much CPU a spell of a second took: the system counts it in ticks, and a busy machine may see none.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson


def test_the_benchmark_plays_the_journey_against_both_bots_and_reports_what_it_saw(
    reachable_path: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--data-dir", reachable_path / "db", "--results", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.iterdir()
    report = orjson.loads(file.read_bytes())
    assert [level["name"] for level in report["levels"]] == ["50 a second", "1 at once", "16 at once"]
    for level in report["levels"]:
        for bot in ("tillwise", "echo"):
            assert all(one["turns"] > 0 and one["p99"] >= one["p50"] > 0 for one in level[bot])
            assert f"{level['name']}: {bot}" in done.stdout
        assert all(one["calls"] > one["turns"] for one in level["tillwise"])
    assert sum(share for part, share in report["shares"].items() if not part.startswith("of all")) > 0.99
    assert "Where Tillwise's CPU goes" in done.stdout
