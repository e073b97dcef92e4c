"""The section of a campaign file that says which explored frames are labelled (no AiiDA)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from aiida_zif.plugins.input_checks.model import Count, Share, Whole, refuse
from aiida_zif.plugins.input_checks.quantities import Force
from aiida_zif.plugins.lammps.limits import check_trust_levels
from aiida_zif.plugins.selection import StrategyError, available_strategies, full_chain, options_of
from aiida_zif.workflows.campaign.schema.section import FreeMapping, Section
from aiida_zif.workflows.user_input.problems import did_you_mean, listed, shown


class Window(Section):
    """What the trust levels follow; they stand as they are if nothing is given, and as long as nothing is known."""

    quantiles: tuple[Share, Share] | None = Field(
        None, description="inside the levels, only what is between these shares of all deviations explored"
    )
    adaptive: Annotated[float, Field(gt=0, le=100, strict=True)] | None = Field(
        None, description="lower level: so many times the force error that 9 of 10 held-out frames stay below"
    )
    target_error: Force | None = Field(
        None, description="both levels by calibration: the force error of a frame that is still good enough"
    )

    @model_validator(mode="after")
    def _one_at_most(self) -> Window:
        given = [name for name in Window.model_fields if getattr(self, name) is not None]
        if len(given) > 1:
            fix = f"set one of them to null, such as '{given[0]}: null'"
            raise refuse(given[-1], f"{' and '.join(given)}", "one of these at most", fix)
        return self

    @model_validator(mode="after")
    def _quantiles_rise(self) -> Window:
        if self.quantiles is not None and self.quantiles[0] >= self.quantiles[1]:
            raise refuse("quantiles", listed([f"{q:g}" for q in self.quantiles]), "two that rise", "write [0.5, 0.99]")
        return self


def _one_word(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Chain = Annotated[
    list[str],
    Field(min_length=1),
    BeforeValidator(_one_word),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
            "x-allowed": "the name of a strategy, or a list of names",
        }
    ),
]


class Selection(Section):
    """Which explored frames are labelled."""

    strategy: Chain = Field(description="how frames are chosen: one name, or several that sort out one after the other")
    lower: Force = Field(description="trust level below which the committee is accurate")
    upper: Force = Field(description="trust level above which a frame is not physical")
    window: Window = Field(description="what the trust levels follow")
    per_cycle: Count = Field(description="frames chosen at most, per cycle and system")
    per_condition: Count | None = Field(None, description="frames chosen at most from one run, per cycle and system")
    control: Whole = Field(description="frames drawn at random for comparison, per cycle and system")
    min_separation: Whole = Field(description="MD steps between two chosen frames of one run at least")
    options: FreeMapping = Field(description="options of strategies, by name")

    @model_validator(mode="after")
    def _window_is_open(self) -> Selection:
        check_trust_levels(self.lower, self.upper)
        return self

    @model_validator(mode="after")
    def _strategies_are_installed(self) -> Selection:
        names = list(available_strategies())
        for name in self.strategy:
            if name not in names:
                fix = did_you_mean(name, names, "install the package of this strategy, or take one of these")
                raise refuse("strategy", shown(name), listed(names), fix)
        if len(set(self.strategy)) < len(self.strategy):
            raise refuse("strategy", listed(self.strategy), "every strategy once", "remove the second one")
        return self

    @model_validator(mode="after")
    def _options_are_taken(self) -> Selection:
        chain = full_chain(self.strategy)
        for name, options in self.options.items():
            if name not in chain:
                fix = did_you_mean(name, chain, "add it to selection.strategy, or remove its options")
                raise refuse(f"options.{name}", f"the key {shown(name)}", listed(chain), fix)
            if not isinstance(options, dict):
                raise refuse(f"options.{name}", shown(options), "keys with values", f"write '{name}: {{key: value}}'")
            self._check_options(name, options)
        return self

    @staticmethod
    def _check_options(name: str, options: dict[str, Any]) -> None:
        try:
            known = options_of(name)
        except StrategyError as error:
            raise refuse("strategy", shown(name), "strategies that can be loaded", str(error)) from error
        for key in options:
            if known is not None and key not in known:
                fix = did_you_mean(key, known, "remove it")
                raise refuse(f"options.{name}.{key}", f"the key {shown(key)}", listed(known), fix)
