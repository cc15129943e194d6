"""Which lines ask for no answer: thanks, assent, good wishes and signs, in three languages."""

import pytest

from saudager.agent.stalling import is_courtesy

COURTESIES = [
    "Спасибо!",
    "спс",
    "Ок, понятно, спасибо большое за помощь",
    "и вам хорошего дня",
    "👍",
    "🙏🙏",
    "хорошо",
    "Рахмет сізге!",
    "ракмет, сау болыныз",
    "жақсы, түсінікті",
    "Thanks a lot, have a nice day",
    "ok thx",
    ")))",
]
MATTERS = [
    "Спасибо, а доставка есть?",
    "ок, беру два",
    "спасибо, жду в 15 00",
    "хорошо, записывайте",
    "",
    "?",
    "рахмет, бағасы қанша",
    "thanks, send me the price",
    "спасибо но дорого",
]
MAY_ANSWER = ["ок", "👍", "да", "хорошо", "great", "иә", "good", "договорились"]


@pytest.mark.parametrize("line", COURTESIES)
def test_a_courtesy_asks_for_no_answer(line):
    assert is_courtesy(line)


@pytest.mark.parametrize("line", MATTERS)
def test_a_line_with_a_matter_in_it_does(line):
    assert not is_courtesy(line)


@pytest.mark.parametrize("line", MAY_ANSWER)
def test_after_a_question_of_ours_assent_may_be_its_answer(line):
    assert is_courtesy(line)
    assert not is_courtesy(line, asked=True)


@pytest.mark.parametrize("line", ["спасибо", "и вам хорошего дня", "thank you", "рахмет"])
def test_thanks_are_no_answer_to_a_question(line):
    assert is_courtesy(line, asked=True)
