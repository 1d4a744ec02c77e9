"""Designing on a terminal: role by role, or freely; then revising after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.errors import AdvisorError

if TYPE_CHECKING:
    from advisor.commands.rehearse_session import Table
    from advisor.rehearsal.course import Designing
    from advisor.rehearsal.sitting import Stage

FREE = "free"


class Board:
    """Where one design is made."""

    def __init__(self, table: Table) -> None:
        self.table, self.sitting = table, table.sitting
        self.forgotten: tuple[str, ...] = ()

    def run(self, item: Designing) -> None:
        """Show and read until the design is done, or something was undone."""
        from advisor.rehearsal import session
        from advisor.render import rehearsal_text

        stage, number = self.sitting.stage(item), self.sitting.state.position
        self.table.show(rehearsal_text.design_head(item, stage))
        if item.number:
            self._as_it_stands()
        elif not session.choices(self.sitting.state):
            how = self.table.read("Enter: role by role, or type 'free' and then role: choice")
            if self.table.key(how):
                return
            if how.lower() != FREE and not self._role_by_role(item, stage):
                return
        while self.sitting.state.position == number:
            if not self._line(self.table.read("role: choice, done, list or ?"), item, stage):
                return

    def _as_it_stands(self) -> None:
        from advisor.rehearsal import session
        from advisor.render import rehearsal_text

        self.table.show(rehearsal_text.picks(session.choices(self.sitting.state)))
        if self.sitting.state.feedback == "immediate":
            self.table.show(["as it is, under this change:", *rehearsal_text.verdict(self.sitting.kept())])

    def _role_by_role(self, item: Designing, stage: Stage) -> bool:
        """Ask for one role after the other; return whether to go on with the design."""
        from advisor.render import rehearsal_text

        for role in item.roles:
            self.table.show(rehearsal_text.role_head(role, stage))
            while True:
                text = self.table.read(role)
                moved = self.table.key(text)
                if moved:
                    return False
                if moved is False:
                    continue
                if not text or text.lower() == "skip":
                    break
                if text.lower() in (FREE, "done"):
                    return True
                if text == "?":
                    self.table.show([f"hint: {_neat(self.sitting.hint())}"])
                elif self._choose(role, text):
                    break
        return True

    def _line(self, text: str, item: Designing, stage: Stage) -> bool:
        """Do what was typed; return whether to go on with this design."""
        from advisor.rehearsal import session
        from advisor.render import rehearsal_text

        word = text.lower()
        moved = self.table.key(text)
        if moved is not None:
            return not moved
        if text == "?":
            self.table.show([f"hint: {_neat(self.sitting.hint())}"])
            self.table.save()
        elif word in ("done", "skip"):
            return not self._done(item)
        elif word == "list":
            for role in item.roles:
                self.table.show(rehearsal_text.role_head(role, stage))
            self.table.show(rehearsal_text.picks(session.choices(self.sitting.state)))
        elif ":" in text:
            role, _, choice = text.partition(":")
            self._choose(role.strip(), choice.strip())
        else:
            self.table.show([rehearsal_text.how_to_choose(item, stage)])
        return True

    def _choose(self, role: str, text: str) -> bool:
        from advisor.render import rehearsal_text

        try:
            found = self.sitting.choose(role, text, self.table.spent())
        except AdvisorError as error:
            self.table.show([f"[yellow]{_neat(str(error))}[/]"])
            return False
        self.table.save()
        self.table.show([f"  {role}: {_neat(rehearsal_text.chosen(found))}"])
        return True

    def _done(self, item: Designing) -> bool:
        """End the design; roles that are missing are named once. Return whether it is over."""
        from advisor.render import rehearsal_text

        missing = self.sitting.missing()
        if missing and not self.forgotten:
            self.forgotten = missing
            names = ", ".join(missing)
            self.table.show([f"[yellow]nothing was chosen for {names}; choose, or done again to leave it so[/]"])
            return False
        self.sitting.done(self.table.spent(), self.forgotten)
        mark = self.sitting.last_mark()
        self.table.save()
        if mark is not None and self.sitting.state.feedback == "immediate":
            self.table.show(rehearsal_text.feedback(mark, self.table.begun.setup))
        return True


def _neat(text: str) -> str:
    from advisor.render.neat import neat

    return neat(text)
