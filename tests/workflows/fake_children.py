"""Children that end at once as a test says, and a way through an outline: real inputs, real nodes, no code runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import plumpy
import pytest
from aiida import orm
from aiida.common.links import LinkType
from aiida.engine import WorkChain
from aiida.engine.persistence import get_object_loader
from aiida.engine.utils import instantiate_process, prepare_inputs
from aiida.manage import get_manager
from aiida.plugins import WorkflowFactory


@dataclass
class Ending:
    """How a child ends; ``exception`` stands for a process that excepted."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    exit_status: int = 0
    exit_message: str | None = None
    exception: str | None = None


@dataclass
class Child:
    """One submitted child: its node, and all its inputs, also those that no database holds."""

    node: orm.ProcessNode
    inputs: Any

    @property
    def pk(self) -> int:
        """Of the node."""
        assert self.node.pk is not None
        return self.node.pk

    @property
    def seed(self) -> int:
        """A number that differs from child to child and is the same in every run, whatever the database holds."""
        return crc32(self.link.encode())

    @property
    def name(self) -> str:
        """Name of its process class."""
        return str(self.node.process_label)

    @property
    def link(self) -> str:
        """Label of the link from its parent; below the cycle of a system with cycle and system, as `status` does."""
        call = call_of(self.node)
        above = call_of(call.node) if PLAYED in call.node.process_label else None
        return above.link_label.replace("acquire", call.link_label) if above else str(call.link_label)


Answer = Callable[[Child], Ending]

PLAYED = "AcquireWorkChain"
"""The one child that is taken through its own outline where it is a child; those below it are answered."""


def call_of(node: orm.ProcessNode) -> Any:
    """Return the link by which a process was called, None if nothing called it."""
    links = node.base.links.get_incoming(link_type=(LinkType.CALL_CALC, LinkType.CALL_WORK)).all()
    return links[0] if links else None


@dataclass
class Run:
    """A work chain that is taken through its outline; each child ends as ``answer`` says.

    ``waves`` holds the link labels of the children that were submitted together, ``below`` the grandchildren.
    """

    chain: WorkChain
    answer: Answer = lambda child: Ending()
    children: list[Child] = field(default_factory=list)
    below: list[Child] = field(default_factory=list)
    waves: list[list[str]] = field(default_factory=list)
    exit_code: Any = None
    checkpoints: bool = False

    @property
    def outputs(self) -> Any:
        """Outputs of the chain, nested as in its specification."""
        return self.chain.outputs

    def named(self, name: str) -> list[Child]:
        """Return the children of one process class in the order of submission."""
        return sorted((child for child in self.everyone if child.name == name), key=lambda child: child.pk)

    @property
    def everyone(self) -> list[Child]:
        """All children and grandchildren in the order of submission."""
        return sorted([*self.children, *self.below], key=lambda child: child.pk)

    def step(self, step: Callable[[], Any]) -> Any:
        """Take one step, and put the children that it submitted into the context."""
        known = len(self.children)
        with pytest.MonkeyPatch.context() as patch, self.chain._process_scope():
            patch.setattr(self.chain.runner, "submit", self.submit)
            result = step()
        if len(self.children) > known:
            self.waves.append([child.link for child in self.children[known:]])
        for awaitable in list(self.chain._awaitables):
            self.chain._resolve_awaitable(awaitable, orm.load_node(awaitable.pk))
        return result

    def submit(self, process: Any, inputs: Any = None, **kwargs: Any) -> orm.ProcessNode:
        """Instantiate a child as the engine does, its inputs validated and linked, and end it."""
        instance = instantiate_process(self.chain.runner, process, **prepare_inputs(inputs, **kwargs))
        child = Child(instance.node, instance.inputs)
        self.children.append(child)
        if child.name == PLAYED:
            self.play(instance)
        else:
            instance.close()
            end(child.node, self.answer(child))
        return child.node

    def play(self, instance: WorkChain) -> None:
        """Take a child through its own outline."""
        run = Run(instance, self.answer, checkpoints=self.checkpoints)
        run.to_the_end(self.checkpoints)
        self.below += run.everyone
        code = run.exit_code
        end(run.chain.node, Ending(exit_status=code.status if code else 0, exit_message=code.message if code else None))

    def to_the_end(self, checkpoints: bool) -> None:
        """Follow the outline; with ``checkpoints`` the worker dies at the end of every step, which is taken again."""
        self.checkpoints = checkpoints
        outline: Any = self.chain.spec().get_outline()
        self.chain._stepper = outline.create_stepper(self.chain)
        command: Any = plumpy.Continue(None)
        while isinstance(command, plumpy.Wait | plumpy.Continue):
            if checkpoints:
                save(self.chain)
                self.step(self.chain._do_step)
                self.chain = loaded(self.chain)
            command = self.step(self.chain._do_step)
        self.chain.update_outputs()
        self.exit_code = command


def make_chain(entry_point: str, inputs: Mapping[str, Any]) -> WorkChain:
    """Return a work chain that has its inputs but has not taken a step."""
    process_class: Any = WorkflowFactory(entry_point)
    chain: Any = instantiate_process(get_manager().get_runner(), process_class, **inputs)
    return chain


def run_chain(entry_point: str, inputs: Mapping[str, Any], answer: Answer, checkpoints: bool = False) -> Run:
    """Take a work chain through its whole outline."""
    run = Run(make_chain(entry_point, inputs), answer)
    run.to_the_end(checkpoints)
    return run


def in_turn(*answers: Answer) -> Answer:
    """Answer one child after the other; the last answer is for all that follow."""
    queue = list(answers)
    return lambda child: (queue.pop(0) if len(queue) > 1 else queue[0])(child)


def ended(node_class: type[orm.ProcessNode], ending: Ending) -> orm.ProcessNode:
    """Return a process that has ended and that nothing is known of but its end."""
    node = node_class().store()
    end(node, ending)
    return node


def end(node: orm.ProcessNode, ending: Ending) -> None:
    """Attach the outputs of a child and end it."""
    is_calculation = isinstance(node, orm.CalculationNode)
    for label, data in flattened(ending.outputs):
        if not is_calculation:
            data.store()
        data.base.links.add_incoming(node, LinkType.CREATE if is_calculation else LinkType.RETURN, label)
        data.store()
    if ending.exception is not None:
        node.set_process_state(plumpy.ProcessState.EXCEPTED)
        node.set_exception(ending.exception)
    else:
        node.set_process_state(plumpy.ProcessState.FINISHED)
        node.set_exit_status(ending.exit_status)
        if ending.exit_message is not None:
            node.set_exit_message(ending.exit_message)
    node.seal()


def flattened(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, orm.Data]]:
    """Yield the leaves of nested outputs with the labels that AiiDA gives their links."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{name}__")
        else:
            yield f"{prefix}{name}", value


def save(chain: WorkChain) -> None:
    """Save a chain as the daemon does."""
    foreign = sorted(path for path, value in context_leaves(chain.ctx) if not isinstance(value, PLAIN))
    assert not foreign, f"neither a node nor a plain scalar in the context: {foreign}"
    chain._store_nodes(chain.ctx)
    persister: Any = chain.runner.persister
    persister.save_checkpoint(chain)


def loaded(chain: WorkChain) -> WorkChain:
    """Load what was saved last into a new instance, and forget the old one."""
    persister: Any = chain.runner.persister
    bundle = persister.load_checkpoint(chain.pid)
    chain.close()
    anew: WorkChain = bundle.unbundle(plumpy.LoadSaveContext(loader=get_object_loader(), runner=chain.runner))
    return anew


PLAIN = (orm.Node, str, int, float, bool, type(None))


def context_leaves(value: Any, path: str = "ctx") -> Iterator[tuple[str, Any]]:
    """Yield what stands in lists and mappings of a context, with where it stands."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from context_leaves(inner, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from context_leaves(inner, f"{path}[{index}]")
    else:
        yield path, value
