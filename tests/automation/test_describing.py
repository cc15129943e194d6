"""What a rule says, in the words of whoever owns the shop."""

from saudager.automation import describing
from saudager.automation.reading import read

RULE = """\
rule: big
title: Крупная сделка
when: lead_stage_changed
if:
  - lead.price >= 100000
  - any: [lead.stage == "Думает", 'lead.field:Город in ["Алматы", "Астана"]']
  - event.old_stage is set
  - not contact.is_client
  - contact.days_silent > 1
then:
  - hand_over: {reason: "крупная сделка"}
"""


def test_conditions_are_told_by_what_their_names_mean():
    assert [says for _, says in describing.whole(read(RULE))] == [
        "когда: сделка перешла на другой этап",
        "если сумма сделки не меньше 100000",
        "если (этап — это «Думает» или поле сделки «Город» — одно из: «Алматы», «Астана»)",
        "если этап, с которого она пришла: известно",
        "если это клиент, а не поставщик или знакомый: нет",
        "если сколько дней от него нет ни слова больше 1",
        "передать человеку: крупная сделка",
    ]
