"""The snapshot's benchmark runs; how long anything takes is for its tables to say."""

from tests.benchmarks.snapshot import main


def test_the_benchmark_prints_its_tables(capfd):
    """Two small books are measured, both ways of answering agree, and each row has a number for either."""
    main(["--sizes", "500", "2000", "--seconds", "0"])
    printed = capfd.readouterr()
    times, work = (part.splitlines() for part in printed.out.strip().split("\n\n"))
    questions = [line.strip("| ").split(" | ") for line in times]
    jobs = [line.strip("| ").split(" | ") for line in work]
    assert questions[0][:4] == ["ms for a page of 50", "matches", "500", "2,000"]
    assert jobs[0] == ["away from the event loop", "500", "2,000"]
    assert all(float(number) >= 0 for row in questions[2:] for number in row[2:5])
    assert all(float(number) >= 0 for row in jobs[2:] for number in row[1:])
    assert len(questions) > 20
    assert len(jobs) > 10
    assert printed.err == ""
