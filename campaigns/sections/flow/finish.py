"""flow.finish: ends a branch early."""

from campaigns.engine.outcome import Finish, Outcome
from campaigns.sections.base import Context, Section, section


@section("flow.finish", role="finish", label="Finish")
class FinishFlow(Section):
    """Ends here. A branch without it goes on after the section that opened it."""

    goes_wrong = ("What stands after it in the same branch is never reached.",)

    def decide(self, context: Context) -> Outcome:
        return Finish()
