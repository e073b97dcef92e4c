"""The program that leads a production run: ``python -m beside.driver md.json`` in the folder of the job.

The job's script is a loop: it asks this program what to do, and runs LAMMPS for as long as there is something to do.
Each time the program looks at the parts that LAMMPS has finished, and either writes the input of the next ones
(``stint.in``) and returns 0, or writes what goes back and returns 1. LAMMPS is started by the line that AiiDA writes.

Beside the job it is a package next to ``harvest``, so it needs nothing but NumPy and Python 3.9. It keeps what it knows
in files: ``done`` holds of every finished part its looks, its chosen frames and the restart file of the next one. A job
that goes on from another one takes over that folder.
"""
