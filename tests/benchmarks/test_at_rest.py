"""The benchmark of books at rest runs; how long anything takes is for its table to say."""

from tests.benchmarks.at_rest import main


def test_the_benchmark_of_books_at_rest_prints_its_table(capfd):
    """A small book is saved and stands again, with a key and without; each row has its numbers."""
    main(["--sizes", "300"])
    main(["--sizes", "300", "--key", "a long word"])
    told = capfd.readouterr().out.splitlines()
    rows = [line.strip("| ").split(" | ") for line in told if line.startswith("| 300")]
    assert [row[0] for row in rows] == ["300", "300"]
    assert all(float(number) >= 0 for row in rows for number in row)
    assert [len(row) for row in rows] == [7, 7]
