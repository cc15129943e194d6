import pytest

pytest.register_assert_rewrite("tests.providers.channels.channel_contract")
