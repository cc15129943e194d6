"""``saudager outreach resume``: a person lets go the brake."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from saudager.cli import main
from saudager.db.threads import connect
from saudager.outreach.models import OutreachAccount

NUMBER = "wappi:71ad40e9-b023"
NOON = datetime(2026, 3, 11, 7, tzinfo=UTC)


def resume() -> Result:
    return CliRunner().invoke(main, ["outreach", "resume", NUMBER])


def test_a_stopped_number_is_resumed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert resume().output == f"Error: '{NUMBER}' is not stopped\n"
    with Session(connect(f"sqlite:///{tmp_path / 'saudager.db'}")) as session:
        session.add(OutreachAccount(account=NUMBER, stopped_at=NOON))
        session.flush()
    assert resume().output == f"{NUMBER} may write first again\n"
    assert resume().exit_code == 1
