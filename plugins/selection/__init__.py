"""Selection of explored frames: strategies that a campaign combines to a chain, and the calibration (no AiiDA).

A frame is chosen if it passes every strategy of the chain. Any other frame has one reason, that of the first strategy
that removed it. To add a strategy: a function like :data:`pool.Strategy`, as an entry point of ``zif.selection``.
"""

from aiida_zif.plugins.selection.chain import (
    StrategyError,
    available_strategies,
    full_chain,
    offered_to,
    options_of,
    run_chain,
)
from aiida_zif.plugins.selection.pool import Pool, Sieved, Strategy

__all__ = [
    "Pool",
    "Sieved",
    "Strategy",
    "StrategyError",
    "available_strategies",
    "full_chain",
    "offered_to",
    "options_of",
    "run_chain",
]
