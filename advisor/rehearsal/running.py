"""Commands as they are printed: with the scenario that they are about, the session's catalog and its day.

A question states its command for ``scenario.yml``. In the folder of a debrief a scenario of a question's own stands in
a folder of its own; on the terminal the file is where it was read from, and what a session made is not written yet.
"""

from __future__ import annotations

import shlex

from advisor.rehearsal import words
from advisor.rehearsal.course import Setup

DEBRIEF = "in the folder of the debrief"


def in_folder(command: str, folder: str) -> str:
    """Return a command with the scenario of a folder in place of the session's.

    >>> in_folder("advisor propose scenario.yml --draft", "question_3"), in_folder("advisor model f a=1", "question_3")
    ('advisor propose question_3/scenario.yml --draft', 'advisor model f a=1')
    """
    return _with_scenario(command, f"{folder}/{words.SCENARIO}")


def in_debrief(command: str, setup: Setup) -> str:
    """Return a command as it runs in the folder of the debrief: under the catalog and the day of the session.

    >>> setup = Setup("/home/me/s.yml", "", "/home/me/ours", "2026-01-02", ("", ""), 7, 35)
    >>> in_debrief("advisor propose scenario.yml", setup)
    'advisor propose scenario.yml --as-of 2026-01-02 --catalog /home/me/ours'
    >>> in_debrief("advisor catalog show kong", setup), in_debrief("advisor model f a=1", setup)
    ('advisor catalog show kong --catalog /home/me/ours', 'advisor model f a=1')
    """
    names = _names_scenario(command)
    more = ["--as-of", setup.as_of] if setup.as_of and names else []
    more += ["--catalog", setup.catalog_folder] if setup.catalog_folder and (names or _names_catalog(command)) else []
    return shlex.join([*shlex.split(command), *more])


def on_terminal(command: str, setup: Setup) -> str:
    """Return a command as it runs anywhere, with the file that was read; else where it runs, before it.

    >>> setup = Setup("/home/me/s.yml", "", "", "", ("", ""), 7, 35)
    >>> on_terminal("advisor propose scenario.yml", setup)
    'advisor propose /home/me/s.yml'
    >>> on_terminal("advisor propose question_2/scenario.yml", setup)
    'in the folder of the debrief: advisor propose question_2/scenario.yml'
    """
    runs = in_debrief(command, setup)
    if words.SCENARIO in shlex.split(command) and not setup.generated:
        return _with_scenario(runs, setup.file)
    return f"{DEBRIEF}: {runs}" if _names_scenario(command) else runs


def _with_scenario(command: str, file: str) -> str:
    return shlex.join(file if word == words.SCENARIO else word for word in shlex.split(command))


def _names_scenario(command: str) -> bool:
    return any(word == words.SCENARIO or word.endswith(f"/{words.SCENARIO}") for word in shlex.split(command))


def _names_catalog(command: str) -> bool:
    return shlex.split(command)[1:2] == ["catalog"]
