"""The request log."""

from datetime import UTC, datetime

from gateway.emulation.log import RequestLog, Row, row_document

AT = datetime(2026, 8, 21, 13, 48, 43, 8000, tzinfo=UTC)


def row(method: str = "GET", path: str = "/contacts") -> Row:
    return Row(AT, method, path, "page=1", 200, None, 1.5, {"call": "contacts"})


def test_counts_by_method_and_path():
    """Rows are counted by method, by a part of the path, or all."""
    log = RequestLog()
    for each in (row(), row("POST"), row("GET", "/users")):
        log.add(each)
    assert (log.count(), log.count("GET"), log.count("GET", "user"), log.count(path_contains="cont")) == (
        3,
        2,
        1,
        2,
    )


def test_the_oldest_rows_go_first():
    """Over its limit the log keeps the newest rows."""
    log = RequestLog(limit=2)
    for path in ("/1", "/2", "/3"):
        log.add(row(path=path))
    assert [each.path for each in log.rows()] == ["/2", "/3"]


def test_clear_forgets_all():
    """A cleared log is empty."""
    log = RequestLog()
    log.add(row())
    log.clear()
    assert log.rows() == []
    assert len(log) == 0


def test_a_row_as_document():
    """The control surface shows every value of a row."""
    assert row_document(row()) == {
        "at": "2026-08-21T13:48:43.008+00:00",
        "method": "GET",
        "path": "/contacts",
        "query": "page=1",
        "status": 200,
        "fault": None,
        "ms": 1.5,
        "about": {"call": "contacts"},
    }
