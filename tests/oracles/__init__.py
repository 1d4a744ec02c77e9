"""Judges that are not the code under test: enumeration, simulation, exact fractions. Slow, plain, obviously right."""
