"""What a log line does not tell."""

import pytest

from saudager.logs import mask


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("550 <marat.k+1@mail.firm.example> no such user", "550 <m…@mail.firm.example> no such user"),
        ("mail:shop@firm.example: read", "mail:s…@firm.example: read"),
        ("почта иван@фирма.қаз", "почта и…@фирма.қаз"),
        ("+77012345678 wrote", "+770…78 wrote"),
        ("api_key=re_12345678", "api_key=…"),
        ("@router.get at 12:30, 5@night", "@router.get at 12:30, 5@night"),
    ],
)
def test_nobodys_number_address_or_secret_stands_in_a_log_line(said: str, written: str):
    assert mask(said) == written
