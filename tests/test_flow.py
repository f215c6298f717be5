"""A flow is drawn from left to right, everything beside what it belongs to, nothing over anything else."""

import re
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from service.pages.flow import MOST, Change, Flow, Passage, Stage, bounded, drawing


def merger(olds, news=1, own="new0"):
    """A flow in which so many units became so many."""
    stages = [f"old{n}" for n in range(olds)] + [f"new{n}" for n in range(news)]
    passages = [Passage(f"old{n}", "change", "whole") for n in range(olds)]
    passages += [Passage("change", f"new{n}") for n in range(news)]
    named = {key: Stage(key, f"unit/{key}", f"Xã {key}", own=key == own) for key in stages}
    return Flow(named, {"change": Change("change", "thành lập")}, passages)


@given(st.integers(1, 30), st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_no_box_lies_over_another_or_beyond_the_drawing(olds, news):
    drawn = drawing(merger(olds, news))
    for one, other in combinations(drawn.boxes, 2):
        apart = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y
    for box in drawn.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= drawn.width
        assert box.y + box.height <= drawn.height


def test_time_runs_to_the_right():
    flow = merger(3, 2)
    places = {box.node.key: box.x for box in drawing(flow).boxes}
    assert all(places[passage.start] < places[passage.end] for passage in flow.passages)


def test_what_was_merged_last_stands_beside_the_merger():
    flow = merger(2)
    renamed = Change("renamed", "đổi tên")
    before = Stage("before", "unit/old0", "Xã cũ")
    passages = [Passage("before", "renamed"), Passage("renamed", "old0"), *flow.passages]
    drawn = drawing(Flow({"before": before, **flow.stages}, {"renamed": renamed, **flow.changes}, passages))
    places = {box.node.key: box.x for box in drawn.boxes}
    assert places["before"] < places["old0"] == places["old1"]


def test_a_result_stands_in_the_middle_of_what_it_came_from():
    middles = {box.node.key: box.middle for box in drawing(merger(5)).boxes}
    olds = [middles[f"old{n}"] for n in range(5)]
    assert min(olds) < middles["new0"] == middles["change"] < max(olds)
    assert abs(middles["new0"] - sum(olds) / 5) <= 1


def test_a_tall_flow_begins_at_the_top_where_a_reader_on_a_phone_is():
    for flow in (merger(14), merger(1, 14, own="old0")):
        boxes = {box.node.key: box for box in drawing(flow).boxes}
        assert max(boxes[key].y for key in ("old0", "change", "new0")) < 40
        assert max(box.y for box in boxes.values()) < 14 * 62


def test_what_is_too_many_is_counted_and_the_unit_of_the_page_stays():
    flow = bounded(merger(40, own="old39"))
    assert "old39" in flow.stages
    assert len([key for key in flow.stages if key.startswith("old")]) == MOST + 1
    assert flow.undrawn == 40 - MOST - 1
    assert all({each.start, each.end} <= {*flow.stages, *flow.changes} for each in flow.passages)


def test_a_circle_that_a_faulty_source_gives_is_drawn_too():
    flow = merger(2)
    circle = Flow(flow.stages, flow.changes, [*flow.passages, Passage("new0", "change")])
    assert len(drawing(circle).boxes) == 4


def test_no_line_bends_through_the_word_beside_it():
    # "một phần" is 58 wide in the fonts of Chromium on Debian, and stands 4 from the box.
    for line in (line for line in drawing(merger(1, 3, own="old0")).lines if line.share):
        bent_from = int(re.search(r"H(\d+)C", line.path).group(1))
        assert bent_from - int(re.match(r"M(\d+)", line.path).group(1)) >= 62


def test_each_share_is_written_once_beside_its_line():
    drawn = drawing(merger(3, 1))
    assert [line.share for line in drawn.lines] == ["whole"] * 3 + [None]
    assert len({(line.x, line.y) for line in drawn.lines if line.share}) == 3
