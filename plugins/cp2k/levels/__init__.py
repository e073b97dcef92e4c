"""Levels of theory: every setting that changes an energy, under one name and one hash (no AiiDA)."""

from aiida_zif.plugins.cp2k.levels.errors import LevelError
from aiida_zif.plugins.cp2k.levels.level import HASHED, Level
from aiida_zif.plugins.cp2k.levels.loading import FOLDER, available_levels, load_level

__all__ = ["FOLDER", "HASHED", "Level", "LevelError", "available_levels", "load_level"]
