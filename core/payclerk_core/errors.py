"""The two kinds of error: the person's and the world's. Raised anywhere, caught once at each door."""

from __future__ import annotations


class UserError(Exception):
    """The person asked for something that cannot be done as asked.

    The text is shown to them as it is: what is wrong, and what to do next.
    """

    def __init__(self, message: str, *, code: str = "refused", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field


class NotAllowedError(UserError):
    """The person lacks the permission for a task; the text names the level and the tool that is needed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="not_allowed")


class OutsideError(Exception):
    """A server of somebody else (mail, Slack, DocuSign) did not do what was asked.

    `permanent` says whether trying again can help. `installation` says that the fault lies in how payclerk is set up
    there (a key, a user, an account): nothing of what was to be done is at fault, so it waits, however long, until
    somebody has mended that. The text holds no address, amount or secret.
    """

    def __init__(
        self, message: str, *, permanent: bool, retry_after: float | None = None, installation: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent and not installation
        self.retry_after = retry_after
        self.installation = installation
