"""Whether a line wants to see a picture, and what it wants besides."""

import pytest

from saudager.languages.seeing import Sight, besides, sight_in

ASKED, WONDERED = Sight.ASKED, Sight.WONDERED


@pytest.mark.parametrize(
    ("line", "sight"),
    [
        ("Пришлите фото белой Камри, пожалуйста", ASKED),
        ("Можно посмотреть фото стола?", ASKED),
        ("Белой камри фотку скиньте", ASKED),
        ("пришли фото другого цвета", ASKED),
        ("Ақ Камридің суретін жіберіңізші", ASKED),
        ("Диванның суретін көрсетіңізші", ASKED),
        ("Can you send a photo of the white table?", ASKED),
        ("Can you send me more photos?", ASKED),
        ("а фото дивана Осло есть?", WONDERED),
        ("Есть ли у вас фото?", WONDERED),
        ("Как выглядит белая камри?", WONDERED),
        ("Камридің фотосы бар ма?", WONDERED),
        ("Do you have pictures of the Camry?", WONDERED),
        ("What does the sofa look like?", WONDERED),
        ("больше не присылайте фото, я уже выбрала", None),
        ("Могу отправить фото окна", None),
        ("Куда вам скинуть фото?", None),
        ("Скинуть вам фото?", None),
        ("можно по фото посчитать?", None),
        ("Платье зелёное с последнего фото есть?", None),
        ("[фото] такое есть?", None),
        ("Сколько стоит фото на паспорт?", None),
        ("фотообои есть?", None),
        ("Я отправил фото", None),
        ("вот фото, посмотрите", None),
        ("покажите прайс", None),
        ("Сурет жіберсем баға айтасыз ба?", None),
        ("If I send you a photo can you tell the price?", None),
    ],
)
def test_a_line_that_wants_to_see_something_is_told_from_one_about_the_customers_own_photo(line, sight):
    assert sight_in(line) is sight


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("Пришлите фото белой Камри", None),
        ("Пришлите фото белой Камри и цену", "белой Камри цену"),
        ("Сколько стоит белая камри и пришлите фото", "Сколько стоит белая камри"),
    ],
)
def test_what_is_asked_beside_the_picture_is_a_question_of_its_own(line, rest):
    assert besides(line) == rest
