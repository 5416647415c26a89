"""What follows what in a document, looked up in its lists each time: nothing is compiled."""

END, ARRIVED = "the end of the line", "the end of a fork's branch"
LOOPS = {"flow.while", "flow.for"}


class NaivePlaces:
    """The sections by id: each with the list it stands in, what opened that, and the forks and listeners around."""

    places: dict

    def note(self, sections, opener, scope):
        for index, section in enumerate(sections):
            self.places[section["id"]] = (section, sections, index, opener, scope)
            fork = section["type"] == "flow.fork"
            for name, inner in section.get("branches", {}).items():
                self.note(inner, section, (*scope, (section["id"], name)) if fork else scope)
            for listener in section.get("listeners", ()):
                self.note(listener["sections"], None, (*scope, (listener["id"], "")))

    def first(self, sections, otherwise):
        return sections[0]["id"] if sections else otherwise

    def after(self, id):
        _, sections, index, opener, _ = self.places[id]
        return sections[index + 1]["id"] if index + 1 < len(sections) else self.closed(opener)

    def closed(self, opener):
        """Where a line goes at the end of a branch: a loop tests again, said by a pair."""
        if opener is None:
            return END
        if opener["type"] == "flow.fork":
            return ARRIVED
        return (opener["id"],) if opener["type"] in LOOPS else self.after(opener["id"])

    def left(self, id):
        opener = self.places[id][3]
        if opener is None:
            return END
        return ARRIVED if opener["type"] == "flow.fork" else self.after(opener["id"])

    def ahead(self, id):
        """The goals ahead of a section of the main line, the nearest first."""
        found = []
        _, sections, index, opener, scope = self.places[id]
        while not scope:
            found += [one["id"] for one in sections[index + 1 :] if one["type"] == "flow.goal" and not off(one)]
            if opener is None:
                return found
            _, sections, index, opener, scope = self.places[opener["id"]]
        return []


def off(section):
    return section.get("disabled", False)
