"""What a plan that is taken away says of its own figures."""

from types import SimpleNamespace

from geo.siting.question import Question
from maps.siting.words import covered_text


def test_covered_is_defined_by_the_radius_or_by_the_steps_and_never_by_the_last_step_alone():
    """The page's wording of steps, and no figure that the question does not have."""
    one = SimpleNamespace(question=Question(radius_metres=700))
    assert "within 700 m on foot" in covered_text(one, "en")
    several = SimpleNamespace(question=Question(steps=[(300, 1), (800, 0.5), (1200, 0.3)]))
    assert covered_text(several, "en").endswith(
        "whatever its hours: in full within 300 m, half to 800 m, 30% to 1,200 m."
    )
    zh = covered_text(several, "zh")
    assert zh.endswith("300 米内全算、到 800 米算一半、到 1,200 米算 30%。")
