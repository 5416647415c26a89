"""manual: started by a person or the API."""

from typing import ClassVar

from campaigns.sections.base import Trigger, Vocabulary, section


@section("manual", role="trigger", label="Started by hand", group="start")
class Manual(Trigger):
    """Puts a Start button on the lead. Nothing starts it by itself."""

    goes_wrong = (
        "A start is refused, with the reason, while the workflow is not active or where a limit keeps the lead out.",
        "It can't be waited for, and has no mode but start.",
    )

    waitable: ClassVar[bool] = False

    def event_type(self) -> str | None:
        return None

    def summary(self, vocabulary: Vocabulary) -> str:
        return "By a person or the API"
