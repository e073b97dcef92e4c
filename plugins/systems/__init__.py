"""Frameworks that ship with the package: one YAML file each, expanded by its space group."""

from aiida_zif.plugins.systems.catalogue import available_systems, describe_system, load_system

__all__ = ["available_systems", "describe_system", "load_system"]
