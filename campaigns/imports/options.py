"""The choices of one import, as they come by API, form or command line."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from campaigns.imports.values import Formats

DateFormat = Literal[
    "YYYY-MM-DD", "YYYY/MM/DD", "YYYY.MM.DD", "DD.MM.YYYY", "DD/MM/YYYY", "DD-MM-YYYY", "MM/DD/YYYY", "MM-DD-YYYY",
    "excel",
]  # fmt: skip


class ImportOptions(BaseModel):
    """How a file is read and what its rows do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    existing: Literal["update", "skip"] = Field("update", title="Leads that exist already")
    encoding: str | None = Field(None, title="Encoding", max_length=40)
    separator: Literal[",", ";", "\t", "|"] | None = Field(None, title="Separator")
    start_workflows: bool = Field(True, title="Start workflows")
    create_fields: bool = Field(False, title="Create fields for unknown columns")
    list: str | None = Field(None, title="Add to list", max_length=100)
    date_format: DateFormat | None = Field(None, title="Dates are written as")
    decimal: Literal[".", ","] = Field(".", title="Decimal sign")
    header: bool = Field(True, title="The first row holds the names of the columns")

    @property
    def formats(self) -> Formats:
        return Formats(decimal=self.decimal, date_format=self.date_format)
