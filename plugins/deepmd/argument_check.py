"""Errors in an ``input.json`` by DeePMD-kit's description of it, one per key (no AiiDA)."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

BACKEND = "TensorFlow"
"""What trains, as DeePMD-kit's description calls it."""

_BACKENDS = re.compile(r"\(Supported Backend: ([^)]*)\)")
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", dict: "keys with values"}

Path = tuple[str, ...]

NOT_DESCRIBED: tuple[Path, ...] = (("training", "batch_size"),)
"""Keys that the training takes beyond those of DeePMD-kit, to write them elsewhere."""


class Fault(NamedTuple):
    """One thing that is wrong in an ``input.json``.

    :param path: its sections and key.
    """

    path: Path
    found: str
    allowed: str
    fix: str


@cache
def is_installed() -> bool:
    """Whether DeePMD-kit is there to be asked; one that cannot be imported is not."""
    try:
        import dargs
        from deepmd.utils import argcheck
    except (ImportError, OSError, RuntimeError):
        return False
    return bool(dargs and argcheck)


def argument_faults(parameters: Mapping[str, Any], filled_in: Collection[str] = ()) -> Iterator[Fault]:
    """Yield unknown keys, wrong types and choices, and what the back end in use does not know.

    :param parameters: sections of ``input.json``; data and seeds may be missing, ``batch_size`` stands in ``training``.
        Nothing is yielded if DeePMD-kit is not installed.
    :param filled_in: names of keys that are not for the user to give, and are not offered.
    """
    if is_installed():
        yield from _section_faults(parameters, _description(), (), filled_in)


def complaint(complete: Mapping[str, Any]) -> Fault | None:
    """Return what DeePMD-kit's own check says of a complete ``input.json``; None if nothing or not installed."""
    if not is_installed():
        return None
    from dargs.dargs import ArgumentError

    try:  # as deepmd.utils.argcheck.normalize does, which makes the description anew each time
        normalised = _description().normalize_value(copy.deepcopy(dict(complete)), trim_pattern="_*")
        _description().check_value(normalised, strict=True)
    except (ArgumentError, ValueError, TypeError, KeyError, AttributeError) as error:
        path = tuple(filter(None, getattr(error, "path", "").split("/")))
        found = " ".join(str(getattr(error, "message", None) or error).split())
        return Fault(path, found, "what DeePMD-kit takes", "correct it; see the manual of DeePMD-kit")
    return None


@cache
def _description() -> Any:
    """DeePMD-kit's description of its input; to make it takes most of a second."""
    from dargs.dargs import Argument
    from deepmd.utils.argcheck import gen_args

    return Argument("base", dict, gen_args())


def _section_faults(
    content: Mapping[str, Any], section: Any, path: Path, filled_in: Collection[str]
) -> Iterator[Fault]:
    known = dict(section.sub_fields)
    for variant in section.sub_variants.values():
        tag = content.get(variant.flag_name, variant.default_tag)
        choice = _choice(variant, tag)
        if choice is None:
            yield _wrong_choice(variant, tag, (*path, variant.flag_name))
            return
        if faults := list(_backend_faults(choice, tag, (*path, variant.flag_name))):
            yield from faults
            return
        known |= choice.sub_fields
        known[variant.flag_name] = None
    other_names = {alias: one.name for one in known.values() if one is not None for alias in one.alias}
    for key, value in content.items():
        here, argument = (*path, key), known.get(other_names.get(key, key))
        if key in other_names and other_names[key] in content:
            yield Fault(here, f"the key {key!r}", "every key once", f"write {other_names[key]!r}, its other name")
        elif argument is not None:
            faults = list(_backend_faults(argument, key, here))
            yield from faults or _value_faults(value, argument, here, filled_in)
        elif key not in known and here not in NOT_DESCRIBED:
            yield _unknown_key(here, known, filled_in)


def _unknown_key(path: Path, known: Mapping[str, Any], filled_in: Collection[str]) -> Fault:
    names = [name for name, one in known.items() if name not in filled_in and (one is None or _is_for_backend(one))]
    names += [one[-1] for one in NOT_DESCRIBED if one[:-1] == path[:-1]]
    close = get_close_matches(path[-1], names, n=1)
    fix = f"did you mean {close[0]!r}?" if close else "remove it; see the manual of DeePMD-kit"
    return Fault(path, f"the key {path[-1]!r}", ", ".join(sorted(names)), fix)


def _choice(variant: Any, tag: object) -> Any:
    """The description of one alternative of a section; None for an unknown one."""
    return variant.choice_dict.get(variant.choice_alias.get(tag, tag)) if isinstance(tag, str) else None


def _wrong_choice(variant: Any, tag: object, path: Path) -> Fault:
    names = [name for name, choice in variant.choice_dict.items() if _is_for_backend(choice)]
    close = get_close_matches(str(tag), names, n=1)
    return Fault(path, repr(tag), ", ".join(names), f"did you mean {close[0]!r}?" if close else "take one of these")


def _is_for_backend(argument: Any) -> bool:
    found = _BACKENDS.search(argument.doc or "")
    return found is None or BACKEND in found[1].split(", ")


def _backend_faults(argument: Any, name: object, path: Path) -> Iterator[Fault]:
    if not _is_for_backend(argument):
        found = _BACKENDS.search(argument.doc)
        backends = found[1] if found else "others"
        yield Fault(
            path, f"{name!r}, which is for {backends}", f"names that {BACKEND} supports, which trains", "leave it out"
        )


def _value_faults(value: Any, argument: Any, path: Path, filled_in: Collection[str]) -> Iterator[Fault]:
    from dargs.dargs import ArgumentError

    is_section = bool(argument.sub_fields or argument.sub_variants) and not argument.repeat
    if is_section and isinstance(value, Mapping):
        yield from _section_faults(value, argument, path, filled_in)
    elif isinstance(value, bool) and bool not in argument.dtype:  # which Python takes for a number
        yield Fault(path, str(value).lower(), _argument_in_words(argument), "write such a value")
    elif is_section and value is not None:
        yield Fault(path, _shown(value), "keys with values", f"write '{path[-1]}: {{key: value}}'")
    elif (names := _names_for(path[-1])) and isinstance(value, str) and value not in names:
        close = get_close_matches(value, names, n=1)
        yield Fault(
            path, repr(value), ", ".join(names), f"did you mean {close[0]!r}?" if close else "take one of these"
        )
    else:
        try:
            argument.check_value(value)
        except ArgumentError as error:
            yield _type_fault(value, argument, path, str(error.message))
        except (ValueError, TypeError, KeyError) as error:
            yield Fault(path, _shown(value), " ".join(str(error).split()), "correct it")


def _type_fault(value: Any, argument: Any, path: Path, message: str) -> Fault:
    if "extra checking" in message:
        allowed = message.rpartition("extra checking. ")[2] or "what passes DeePMD-kit's check"
        return Fault(path, _shown(value), allowed, "correct it; see the manual of DeePMD-kit")
    fix = {type(None): "leave the key out", str: "write such a value, without quotes and unit"}
    return Fault(path, _shown(value), _argument_in_words(argument), fix.get(type(value), "write such a value"))


@cache
def _names_for(key: str) -> tuple[str, ...]:
    """The names that DeePMD-kit supports for a precision or an activation function."""
    from deepmd.utils import argcheck

    table = {"precision": "PRECISION_DICT", "activation_function": "ACTIVATION_FN_DICT"}.get(key)
    return tuple(map(str, getattr(argcheck, table, ()))) if table else ()


def _argument_in_words(argument: Any) -> str:
    """What a value may be: ``a number``, ``a list of whole numbers or text``."""

    def word(kind: Any) -> str:
        if kind in (None, type(None)):
            return "null"
        return _KINDS.get(kind) or str(kind).replace("list[int]", "a list of whole numbers")

    kinds = [kind for kind in argument.dtype if kind is not int or float not in argument.dtype]
    return " or ".join(sorted(map(word, kinds)))


def _shown(value: Any) -> str:
    text = "nothing" if value is None else " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:39]}…{text[-40:]}"
