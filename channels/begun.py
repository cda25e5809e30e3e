"""Messages of several parts that broke off, so that the next try goes on where the last one stopped."""

from __future__ import annotations

from collections import OrderedDict

from dialogue.words import Rendered

REMEMBERED = 1024


class Begun:
    """How many parts of a message its reader has already, by our own name for that message.

    Never by its words alone: a post that was stopped half-way must not shorten a later one that says the same. And only for
    the words it broke off in: posts that leave as one may be others at the next try.
    """

    def __init__(self) -> None:
        self._parts: OrderedDict[str, tuple[Rendered, int]] = OrderedDict()

    def take(self, key: str, words: Rendered) -> int:
        """The parts that were sent before it broke off, and forget them; 0 for a message that begins."""
        began, sent = self._parts.pop(key, (None, 0))
        return sent if began == words else 0

    def note(self, key: str, words: Rendered, sent: int) -> None:
        """It broke off after so many parts. A message without a name is said whole the next time."""
        if not key or not sent:
            return
        self._parts[key] = (words, sent)
        if len(self._parts) > REMEMBERED:
            self._parts.popitem(last=False)
