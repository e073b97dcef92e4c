"""Tables of all keys of a file, made of its JSON schema and its protocols (no AiiDA)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiida_zif.plugins.input_checks import schema_words

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class KeyTables:
    """Markdown tables of a file's keys: key, meaning, unit, value by protocol.

    :param schema: JSON schema of the file.
    :param protocols: what every protocol sets, by its name.
    :param elsewhere: sections whose keys are explained elsewhere: path → sentence.
    :param shown: writes some values in another way: path and value → text, or None to write it as all others.
    """

    schema: Mapping[str, Any]
    protocols: Mapping[str, dict[str, Any]]
    elsewhere: Mapping[Path, str] = field(default_factory=dict)
    shown: Callable[[Path, Any], str | None] = lambda path, value: None

    def whole(self, descriptions: Mapping[str, str]) -> str:
        """Return everything: the protocols, the top level, section after section, and a system.

        :param descriptions: of the protocols.
        """
        lines = [f"- `{name}`: {text}" for name, text in descriptions.items()]
        top = self._node(())["properties"]
        simple = {name: node for name, node in top.items() if "properties" not in self._resolved(node)}
        lines += ["", *self._table("Top level", simple, ())]
        for name in top:
            if name not in simple:
                lines += self._section((name,))
        return "\n".join(lines + self._section(("systems", "NAME")))

    def _node(self, path: Path) -> dict[str, Any]:
        return schema_words.node_at(path, self.schema)

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        return schema_words.resolved(node, self.schema)

    def _section(self, path: Path) -> list[str]:
        """The table of one section, then those of the sections inside it."""
        if path in self.elsewhere:
            return [self.elsewhere[path], ""]
        properties = self._node(path).get("properties", {})
        title = "`" + ".".join("[]" if part == 0 else str(part) for part in path).replace(".[]", "[]") + "`"
        inner = [name for name in properties if path[:1] != ("systems",) and self._inner(properties[name]) is not None]
        lines = self._table(title, properties, path)
        for name in inner:
            lines += self._section((*path, name, *(self._inner(properties[name]) or ())))
        return lines

    def _inner(self, node: dict[str, Any]) -> Path | None:
        """The way into the section inside a value: directly, through a list or a name; None if there is none."""
        node = self._resolved(node)
        if node.get("properties"):
            return ()
        if self._resolved(node.get("items") or {}).get("properties"):
            return (0,)
        named = [*node.get("patternProperties", {}).values()]
        return ("NAME",) if any(self._resolved(one).get("properties") for one in named) else None

    def _table(self, title: str, nodes: dict[str, Any], path: Path) -> list[str]:
        names = list(self.protocols)
        lines = [f"### {title}", "", f"| key | meaning | unit | {' | '.join(names)} |", "|---" * (3 + len(names)) + "|"]
        for key, node in nodes.items():
            value = self._resolved(node)
            item = self._resolved(value.get("items") or {})
            unit = value.get("x-unit") or item.get("x-unit") or ""
            values = [self._value(self.protocols[name], (*path, key), value) for name in names]
            meaning = node.get("description") or value.get("description", "")
            if "enum" in value and key != "protocol":
                meaning += f" ({', '.join(value['enum'])})"
            row = f"| `{key}` | {meaning} | {unit} | {' | '.join(values)} |"
            lines.append(row.replace("<", "\\<"))  # no HTML
        return [*lines, ""]

    def _value(self, settings: Any, path: Path, node: dict[str, Any]) -> str:
        """What a protocol sets at a path, or the model's own default; short."""
        for part in path:
            settings = settings.get(part) if isinstance(settings, dict) else None
        if settings is None:
            settings = node.get("default")
        if settings is None or settings == {} or settings == "":
            return ""
        if (special := self.shown(path, settings)) is not None:
            return special
        if isinstance(settings, bool):
            return str(settings).lower()
        if isinstance(settings, list):
            plain = not any(isinstance(value, dict) for value in settings)
            return ", ".join(map(str, settings)) if plain else f"{len(settings)}"
        return "see below" if isinstance(settings, dict) else str(settings)
