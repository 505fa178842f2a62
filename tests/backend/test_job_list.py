"""A list of jobs fits into a message."""

import pytest
from any_to_3d.backend.job_list import list_of
from any_to_3d.backend.queue_messages import Job
from any_to_3d.shared.wire import decode, encode
from any_to_3d.shared.wire_values import MAX_ITEMS
from requests_and_jobs import job, request

LONG = "\U0001f3fa" * 200


def jobs(count: int, text: str) -> list[Job]:
    return [Job(f"j{number:016}", request(f"r{number}", text)) for number in range(count)]


@pytest.mark.parametrize("count", [1, 1200, MAX_ITEMS, MAX_ITEMS + 100])
def test_a_list_of_many_jobs_with_long_prompts_can_be_read(count: int) -> None:
    told = list_of(jobs(count, LONG))
    assert decode([bytes(frame) for frame in encode(told)]) == told
    assert len(told.jobs) == min(count, MAX_ITEMS)
    assert told.jobs[-1].job_id == f"j{count - 1:016}", "the newest are listed"
    assert all(info.title and set(info.title) == {LONG[0]} for info in told.jobs)


def test_the_titles_of_few_jobs_and_of_many_short_ones_stay_whole() -> None:
    assert list_of(jobs(500, LONG)).jobs[0].title == LONG
    assert list_of(jobs(2200, "an orange lantern")).jobs[0].title == "an orange lantern"
    assert list_of([]).jobs == ()
    assert list_of([job()]).jobs[0].job_id == "j1"
