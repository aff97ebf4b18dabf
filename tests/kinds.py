"""A value of each kind that TOML knows, and files that are none, for tests of what people write."""

VALUES = {
    "text": '"a"',
    "whole": "3",
    "broken": "1.5",
    "vast": "1" + "0" * 400,
    "nan": "nan",
    "infinite": "-inf",
    "yes": "true",
    "day": "2027-04-01",
    "local": "2027-04-01T12:00:00",
    "moment": "2027-04-01T12:00:00+02:00",
    "hour": "12:00:00",
    "empty": "[]",
    "texts": '["a"]',
    "numbers": "[3]",
    "lists": '[["a"]]',
    "table": "{}",
    "filled": "{a = 3}",
    "tables": "[{}]",
    "others": "[{a = 3}]",
}
UNREADABLE = {
    "none": None,
    "not TOML": b"[dossier\n",
    "not UTF-8": 'title = "défi"\n'.encode("cp1252"),
    "binary": bytes(range(256)),
    "UTF-16": 'title = "a"\n'.encode("utf-16"),
    "deep": b"a = " + b"[" * 100_000,
    "long": b"a = " + b"1" * 10_000,
}


def toml(key, value, whole=()):
    """A file that says one thing: ``table.name`` or ``tables[].name``, the others of ``whole`` being texts."""
    table, _point, name = key.rpartition(".")
    if not table.endswith("[]"):
        return f"[{table}]\n{name} = {value}\n" if table else f"{name} = {value}\n"
    lines = {**dict.fromkeys(whole, '"b"'), name: value}
    return f"[[{table[:-2]}]]\n" + "".join(f"{one} = {said}\n" for one, said in lines.items())
