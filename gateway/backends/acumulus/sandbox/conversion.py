"""The JSON form of an answer, as PHP's own conversion of XML makes it.

Every scalar is a string, an empty node is `[]`, and a list of one is an object instead of an array.
Source: libAcumulus, its examples of API requests and responses (2024); older ones have `{}` for an empty
node.
"""

from __future__ import annotations

import json

from lxml import etree

Converted = str | list["Converted"] | dict[str, "Converted"]


def to_json(xml: bytes) -> bytes:
    """Return one of the sandbox's own XML answers as JSON."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return json.dumps(_value(etree.fromstring(xml, parser))).encode()


def _value(element: etree._Element) -> Converted:
    if not len(element):
        return element.text or []
    values: dict[str, list[Converted]] = {}
    for child in element:
        values.setdefault(str(child.tag), []).append(_value(child))
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}
