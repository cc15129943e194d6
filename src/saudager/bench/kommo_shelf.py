"""Rows of one kind in the Kommo of ours, kept as it writes them, so that a page of 250 costs next to nothing."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Row = dict[str, Any]


class Shelf(Mapping[int, Row]):
    """Rows by their numbers. A row is changed by ``put`` alone: what is sent was written then."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._written: dict[int, bytes] = {}
        self._orders: dict[str, list[int]] = {}

    def __getitem__(self, number: int) -> Row:
        return self._rows[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, row: Row) -> None:
        self._rows[row["id"]] = row
        self._written.pop(row["id"], None)
        self._orders.clear()

    def in_order(self, key: str, *, descending: bool = False) -> list[int]:
        """The numbers of all rows that are not in the trash, by ``key`` and then by number."""
        if key not in self._orders:
            there = [number for number, row in self._rows.items() if not row.get("is_deleted")]
            self._orders[key] = sorted(there, key=lambda number: (self._rows[number][key], number))
        return self._orders[key][::-1] if descending else self._orders[key]

    def written(self, number: int) -> bytes:
        if number not in self._written:
            self._written[number] = as_json(self._rows[number])
        return self._written[number]


def as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def hal(name: str, rows: list[bytes], page: int, address_of: Callable[[int], str], *, more: bool) -> bytes:
    """A page of rows that are written already."""
    links = {"self": {"href": address_of(page)}} | ({"next": {"href": address_of(page + 1)}} if more else {})
    head = as_json({"_page": page, "_links": links})[:-1]
    return head + b', "_embedded": {"' + name.encode() + b'": [' + b",".join(rows) + b"]}}"
