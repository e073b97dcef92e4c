"""What a change of structure is made of: ring reorientation, metal–N coordination, volume, and the rest.

Frames of two states of the same atoms are paired. Each frame is taken apart into its cell, the centres of its bodies
(metals and linkers) in fractions of the cell, the orientations of its linkers, and the shapes of its linkers. One part
after the other is exchanged for that of the partner, so that a frame of one state becomes its partner:

- ``volume``: the cell; centres keep their fractions, linkers stay rigid.
- ``metal–N coordination``: the centres of all metals and linkers of which a metal–N bond is new or lost.
- ``ring reorientation``: the rotation of every linker about the centre of its ring.
- ``rest``: the centres of all other bodies, and the shapes of linkers. This is what the three do not explain: the
  framework moves with its bonds kept, linkers deform, centres vibrate. Librations of linkers are rotations: what a
  temperature adds to them counts as ring reorientation.

The change is the mean square difference of the pair correlation D(r) = 4πrρ(g(r) - 1) between the two states, of all
pairs of atoms but those within one linker, weighted as X-rays or neutrons see them. Let v(S) be what is left of it when
the parts S are exchanged: v of none is the change, v of all is zero. The share of a cause is the mean, over all orders
in which the parts can be exchanged, of the drop of v when its part is exchanged (the value of Shapley, Contributions to
the Theory of Games 2, 307 (1953)), over the change. Shares add up to one. A share may be negative: exchanging the part
alone makes the difference larger.
"""
