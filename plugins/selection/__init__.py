"""Which explored frames are worth a label: small strategies that a campaign strings together (no AiiDA).

A frame that is chosen has passed every strategy of the chain; any other has one reason, that of the first strategy
which sorted it out. Adding a strategy: a function like :data:`pool.Strategy`, as an entry point of ``zif.selection``;
one that draws by chance says so with :func:`with_traits`.
"""

from aiida_zif.plugins.selection.chain import (
    StrategyError,
    available_strategies,
    full_chain,
    offered_to,
    options_of,
    run_chain,
)
from aiida_zif.plugins.selection.pool import Pool, Sieved, Strategy, Traits, with_traits

__all__ = [
    "Pool",
    "Sieved",
    "Strategy",
    "StrategyError",
    "Traits",
    "available_strategies",
    "full_chain",
    "offered_to",
    "options_of",
    "run_chain",
    "with_traits",
]
