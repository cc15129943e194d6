import pytest

pytest.register_assert_rewrite("tests.providers.speech.transcriber_contract")
