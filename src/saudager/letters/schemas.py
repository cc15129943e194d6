"""What a model fills in for a letter: insights into a company's purchases, what is known of a person, the letter."""

from pydantic import BaseModel, ConfigDict, Field


class SalesInsight(BaseModel):
    """One thing worth saying about what a company buys."""

    metric_name: str = Field(description="Название метрики")
    value: str = Field(description="Значение метрики")
    trend: str = Field(description="Тренд (рост/снижение/стабильно)")
    description: str = Field(description="Описание инсайта")


class PersonalizationData(BaseModel):
    """What a letter to one person rests on."""

    company_name: str = Field(description="Название компании")
    person_name: str = Field(description="Имя получателя")
    person_position: str = Field(description="Должность получателя; пусто, если неизвестна")
    total_purchases: str = Field(description="Сумма покупок за период, с валютой")
    last_purchase_date: str | None = Field(default=None, description="Дата последней покупки; null, если их не было")
    top_products: list[str] = Field(default_factory=list, description="Что покупают больше всего, с долями")
    sales_insights: list[SalesInsight] = Field(default_factory=list, description="Инсайты по продажам")
    recommendations: list[str] = Field(default_factory=list, description="Что стоит предложить")


class PersonalizedEmailContent(BaseModel):
    """A letter as a model hands it in; ``body`` is plain text."""

    model_config = ConfigDict(str_strip_whitespace=True)

    subject: str = Field(description="Тема письма")
    body: str = Field(description="Текст письма")
    key_points: list[str] = Field(default_factory=list, description="Ключевые мысли письма, до пяти")
