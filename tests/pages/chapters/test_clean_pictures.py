"""ITK's ball and the Euclidean one, as arrays."""

import pytest

from atriacourse.pages.chapters.clean_pictures import ball_array


@pytest.mark.parametrize(("ball", "voxels", "corner"), [("itk", 81, True), ("euclidean", 33, False)])
def test_the_ball_has_its_voxels_and_is_symmetric(ball, voxels, corner):
    array = ball_array(ball)
    assert array.sum() == voxels
    assert (array == array[::-1, ::-1, ::-1]).all()
    assert array[1, 0, 1] == corner  # beside an edge of the cube
