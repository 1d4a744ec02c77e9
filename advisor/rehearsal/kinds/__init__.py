"""The kinds of questions, one module a group; the registry lists them."""
