import pytest

pytest.register_assert_rewrite("tests.providers.images.painter_contract")
