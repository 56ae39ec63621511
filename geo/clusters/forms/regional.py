"""The rule table of a region: its thresholds, who set them, and what its own law says."""

from __future__ import annotations

import functools
from dataclasses import replace

from geo.clusters.forms.rules import Rules, Words, rules
from geo.coverage.targets import Sourced, Targets


def rules_of(targets: Targets | None, code: str | None) -> Rules:
    """The rule table with the thresholds of a region and who set them, and in the words of its own
    law where that asks for more than the country's."""
    if targets is None:
        return rules()
    stated = targets.of(code).thresholds
    own, chair = stated["obliged_employees"], stated["full_time_chair_employees"]
    return _of_region(own, chair)


@functools.lru_cache(maxsize=64)
def _of_region(own: Sourced, chair: Sourced) -> Rules:
    table = rules(own_workers=own.value, chair_workers=chair.value)
    set_by = {"own_workers": own, "chair_workers": chair}
    thresholds = tuple(
        replace(one, source=f"{told.source_zh} {told.source}") if told else one
        for one in table.thresholds
        for told in [set_by.get(one.name)]
    )
    sentences = dict(table.sentences)
    if chair.region:
        zh, en = (
            text.replace("{", "{{").replace("}", "}}") for text in (chair.source_zh, chair.source)
        )
        sentences["chair"] = Words(
            zh=f"职工 {{chair_workers}} 人及以上的 {{chair}} 家（{zh}）。",
            en=f"With {{chair_workers}} employees or more: {{chair}} ({en}).",
        )
    return replace(table, thresholds=thresholds, sentences=sentences)
