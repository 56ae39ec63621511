"""`/healthz`: the process lives. `/readyz`: it can answer."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief
from api.service import Serving
from geo.database import ANYONE
from geo.errors import Busy, NotFound, Unavailable

router = APIRouter(tags=["health"])

NEEDED = ("areas", "streets", "stations")
"""Datasets without which the service cannot do what it is for."""


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Everything that answers stand on is there."""

    status: Literal["ready"] = "ready"
    editions: list[EditionBrief]
    network_edition: int | None = Field(description="Edition of the streets that are searched.")


@router.get("/healthz", response_model=Alive, responses=problems.told())
async def healthz() -> Response:
    """The process is alive; asks nothing else. 存活检查。"""
    return answers.reply(Alive(), None)


@router.get("/readyz", response_model=Ready, responses=problems.told(Unavailable))
def readyz(request: Request, service: Serving) -> Response:
    """Whether database, editions and street network are there; says what is missing. 就绪检查。"""
    missing: list[str] = []
    found = []
    network: int | None = None
    try:
        if not service.database.is_current():
            missing.append("The schema of the database is of another version: `nuanyi serve`.")
        else:
            with service.database.read(ANYONE) as reader:
                found = answers.read_editions(reader, *NEEDED, "enterprises")
            there = {edition.dataset for edition in found}
            missing += [
                f"No edition of {dataset} is active: `nuanyi import {dataset} FILE --commit`."
                for dataset in NEEDED
                if dataset not in there
            ]
            network = service.finder().network_edition
            if network is None and "streets" in there:
                missing.append("The street network is not loaded.")
    except (Busy, Unavailable, NotFound) as refused:
        missing.append(str(refused))
    if missing:
        error = Unavailable(
            "The service is not ready.", remedy="Do what `missing` names, then ask again."
        )
        return problems.answer(error, request.headers.get("accept-language"), missing=missing)
    return answers.reply(Ready(editions=answers.briefs(found), network_edition=network), None)
