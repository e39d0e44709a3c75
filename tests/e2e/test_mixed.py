"""Twenty thousand requests at once, half of which mean harm; see `hostile.py`."""

import pytest

from hostile import Assault


@pytest.mark.timeout(600)
def test_hostile_and_good_requests_at_once(tmp_path):
    report = Assault().run(tmp_path)
    assert report.violations == [], str(report)
    assert report.good > 9_000 and report.hostile.total() > 9_000, str(report)
