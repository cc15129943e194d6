"""The five figures nobody publishes: what a conversation costs, how many figures are wrong, how long an answer takes,
how many follow-ups are wrong, and how many agreed calls are booked.

All on customers with known wishes: the exam's simulated ones, its questions and its cases. Shares have Wilson's 95 %
interval, means and medians one from their own spread. Nobody here is a real customer and no hosted model answers unless
``hosted`` finds one, so the figures compare ways to build a salesperson; they do not foretell a shop's.
"""

from typing import Any

from saudager.bench import compared, lies, named_times, talks, waiting

Row = dict[str, Any]
conversations = talks.measured
figures = lies.measured
answers = waiting.measured
times = named_times.measured
hosted = talks.with_hosted_model


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """Ours beside the rival of the same run; a share that is nought in either has none."""
    pairs = {
        "tokens_in_vs_bare_agno": ("tokens_in", "cost_product", "cost_bare_agno"),
        "tokens_in_passages_vs_bare_agno": ("tokens_in", "cost_product_passages", "cost_bare_agno"),
        "usd_vs_bare_agno": ("usd_gemini_3_7_flash", "cost_product", "cost_bare_agno"),
        "usd_cached_vs_bare_agno": ("usd_cached_gemini_3_7_flash", "cost_product", "cost_bare_agno"),
        "wrong_figures_vs_no_guard": ("percent", "figures_product", "figures_no_guard"),
        "answer_vs_bare_agno": ("p50_ms", "answer_product", "answer_bare_agno"),
        "answer_no_patience_vs_bare_agno": ("p50_ms", "answer_product_no_patience", "answer_bare_agno"),
        "wrong_followups_vs_24h_rule": ("percent", "followups_product", "followups_24h_rule"),
        "times_vs_pattern": ("percent", "times_product", "times_pattern"),
        "times_vs_dateparser": ("percent", "times_product", "times_dateparser"),
    }
    return compared.ratios(rows, pairs)
