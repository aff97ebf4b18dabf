"""Fetch every dataset from its publisher and say what changed: columns, types, row counts.

Each dataset is read by its card, as notebooks read it, and its figures are compared with those of an earlier call
(``--previous``). Three files are written: ``drift.json`` (the figures, for the next comparison), ``drift.md`` (all of
it, for people) and ``issue.md``, only where something changed. A publisher's change is no failure: the exit code is 0.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import datakit
from datakit import errors

# Choices of this kit: inventories grow by a few percent a year, and the odd bad row is no news.
ROWS_CHANGE = 0.10
REJECTED_SHARE, REJECTED_ROWS = 0.02, 5

VERDICTS = {  # the first that fits, so subclasses would come first
    errors.Unreachable: "unreachable",
    errors.NotAsDescribed: "columns",
    errors.Changed: "bytes",
    errors.Corrupt: "file",
}


def look(dataset, origins):
    """Read one dataset and note its figures.

    Parameters
    ----------
    dataset : str
        The dataset's id.
    origins : str
        Origins as for ``datakit.load``.

    Returns
    -------
    dict
        ``status`` (``"read"``, or what went wrong), and either ``rows``, ``rows_rejected``, ``rejects`` and ``columns``
        (name to type), or ``message``.
    """
    try:
        table = datakit.load(dataset, origins, refresh=True)
    except errors.DatakitError as problem:
        status = next((word for kind, word in VERDICTS.items() if isinstance(problem, kind)), "error")
        return {"status": status, "message": str(problem)}
    facts = table.attrs["datakit"]
    return {
        "status": "read",
        "rows": int(facts["rows"]),
        "rows_rejected": int(facts["rows_rejected"]),
        "rejects": sorted({f"{r['column']}: {r['rule']}" for r in facts["rejects"]}),
        "columns": {name: str(kind) for name, kind in table.dtypes.items()},
        "sha256": facts["sha256"],
    }


def compare(now, before=None):
    """Say in sentences what changed in one dataset.

    Parameters
    ----------
    now, before : dict
        What `look` returned, now and the time before; ``before`` is None the first time.

    Returns
    -------
    list of str
        Empty where nothing is worth a person's time.
    """
    before = before or {}
    if now["status"] == "unreachable":  # one bad night is no news
        return ["unreachable twice in a row"] if before.get("status") == "unreachable" else []
    if now["status"] != "read":
        return [f"it is no longer what the card says ({now['status']})"]
    news = []
    read = now["rows"] + now["rows_rejected"]
    if not now["rows"]:
        news.append("no rows")
    elif now["rows_rejected"] > max(REJECTED_SHARE * read, REJECTED_ROWS):
        why = "; ".join(now["rejects"]) or "no rule noted"
        news.append(f"{now['rows_rejected']} of {read} rows break the card's schema ({why})")
    if before.get("status") != "read":
        return news
    if abs(now["rows"] - before["rows"]) > ROWS_CHANGE * max(before["rows"], 1):
        news.append(f"{before['rows']} rows became {now['rows']}")
    for name in sorted(now["columns"].keys() | before["columns"].keys()):
        old, new = before["columns"].get(name), now["columns"].get(name)
        if old != new:
            news.append(f"column {name}: {old or 'absent'} became {new or 'absent'}")
    return news


def can_be_fetched(card):
    """Whether the publisher's file has one address: not a family of datasets, nor a file that only a team has."""
    family = card.parameter and not card.parameter.get("default")
    return bool(card.raw.get("url") or card.raw.get("resolve")) and not family


def report(figures, news, skipped, origins):
    """The Markdown report of all datasets."""
    lines = ["# Drift of the publishers' data", "", f"Read from: {origins}, {datetime.now(UTC):%Y-%m-%d}.", ""]
    lines += ["| dataset | status | rows | set aside | what changed |", "|---|---|---|---|---|"]
    for name, now in figures.items():
        told = "; ".join(news[name]) or "nothing"
        lines.append(f"| {name} | {now['status']} | {now.get('rows', '')} | {now.get('rows_rejected', '')} | {told} |")
    if skipped:
        lines += ["", f"Not looked at, as they have no single public address: {', '.join(skipped)}."]
    return "\n".join(lines) + "\n"


def issue(figures, news):
    """The Markdown of the issue, or ``""`` where nothing changed."""
    parts = []
    for name, sentences in news.items():
        if sentences:
            parts.append(f"## {name}\n\n" + "\n".join(f"- {s}" for s in sentences))
            if message := figures[name].get("message"):
                parts.append(f"```text\n{message}\n```")
            parts.append(f"The card is `datakit/catalog/{name}.json`; `datakit show {name}` prints it.")
    return "\n\n".join(parts) + "\n" if parts else ""


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ids", nargs="*", help="datasets (default: all that have a publisher's address)")
    parser.add_argument("--origins", default="publisher")
    parser.add_argument("--output", type=Path, default=Path("reports/drift"))
    parser.add_argument("--previous", type=Path, help="drift.json of an earlier call; ignored where it does not exist")
    options = parser.parse_args(argv)

    before = {}
    if options.previous and options.previous.exists():
        before = json.loads(options.previous.read_text(encoding="utf-8"))
    catalog = datakit.catalog
    wanted = options.ids or list(catalog)
    try:
        skipped = [name for name in wanted if not can_be_fetched(catalog[name])]
    except errors.UnknownDataset as problem:
        parser.error(str(problem))
    figures = {}
    for name in wanted:
        if name not in skipped:
            print(f"{name} ...", file=sys.stderr, flush=True)
            figures[name] = look(name, options.origins)
    news = {name: compare(now, before.get(name)) for name, now in figures.items()}

    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "drift.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")
    (options.output / "drift.md").write_text(report(figures, news, skipped, options.origins), encoding="utf-8")
    text = issue(figures, news)
    if text:
        (options.output / "issue.md").write_text(text, encoding="utf-8")
    else:
        (options.output / "issue.md").unlink(missing_ok=True)
    print(f"{len(figures)} datasets looked at, {sum(map(bool, news.values()))} changed: {options.output / 'drift.md'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
