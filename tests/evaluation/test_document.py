from any_to_3d.backend.evaluation.bootstrap import Mean, compare
from any_to_3d.backend.evaluation.document import Goal, Section, Table, goals_table, section_markdown, table_markdown


def test_goal_is_met_by_its_mean_in_the_direction_that_counts() -> None:
    assert Goal("R@1", 0.85, Mean(0.9, 0.8, 1.0)).is_met is True
    assert Goal("R@1", 0.95, Mean(0.9, 0.8, 1.0)).is_met is False
    assert Goal("seconds", 30, Mean(29.0, 20, 40), better="lower").is_met is True
    assert Goal("steps", 4, 3).is_met is False
    assert Goal("audio", 0.85, None).is_met is None


def test_table_of_aims_says_what_was_aimed_at_reached_and_met() -> None:
    goals = [Goal("a", 0.85, Mean(0.9, 0.8, 1.0)), Goal("b", 30, Mean(45, 40, 50), "s", "lower"), Goal("c", 1, None)]
    assert table_markdown(goals_table(goals)).splitlines()[2:] == [
        "| a | at least 0.85 | 0.900 [0.800, 1.000] | yes |",
        "| b | at most 30 s | 45.0 [40.0, 50.0] | no |",
        "| c | at least 1 |  | not measured |",
    ]


def test_cells_are_rounded_for_people() -> None:
    table = Table(("x",), ((1.23456,), (123.456,), (7,), (True,), (None,), ("a",)))
    assert [line.strip("| ") for line in table_markdown(table).splitlines()[2:]] == [
        "1.235",
        "123.5",
        "7",
        "yes",
        "",
        "a",
    ]


def test_section_is_its_title_and_its_parts() -> None:
    assert section_markdown(Section("Text", ("Words.", Table(("a",), ((1,),))))) == (
        "## Text\n\nWords.\n\n| a |\n| --- |\n| 1 |"
    )


def test_a_clear_difference_agrees_or_disagrees_with_the_claim() -> None:
    assert compare([0.9, 0.8, 1.0], [0.2, 0.1, 0.3], "higher").agreement == "agrees"
    assert compare([0.9, 0.8, 1.0], [0.2, 0.1, 0.3], "lower").agreement == "disagrees"
    assert compare([0.1, 0.2, 0.1], [0.2, 0.3, 0.2], "lower").agreement == "agrees"


def test_pairs_decide_and_not_the_spread_between_prompts() -> None:
    """Both spread by 0.8 but every prompt loses 0.1, so the paired difference is certain."""
    found = compare([0.1, 0.5, 0.9], [0.2, 0.6, 1.0], "lower")
    assert found.agreement == "agrees"
    assert abs(found.difference.low - found.difference.high) < 1e-9


def test_differences_of_both_signs_or_none_are_not_told_apart() -> None:
    assert compare([0.5, 0.1, 0.4], [0.1, 0.5, 0.4], "higher").agreement == "not told apart"
    assert compare([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], "higher").agreement == "not told apart"


def test_one_prompt_settles_nothing() -> None:
    assert compare([1.0], [0.0], "higher").agreement == "too few prompts"
