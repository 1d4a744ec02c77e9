"""The model functions on the command line: finding them, reading their arguments, naming what they return."""
