"""Prices so dear that they cancel each other to nothing but rounding prove nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.names import Names
from geo.siting.problem import Demand, Rules, Sites
from geo.siting.proofs.proof_file import check_proof, proof_of
from geo.siting.reach import from_file
from geo.siting.solving import Problem


def worst_of_three(*, capacities: bool):
    """The proof of a question with 1, 5 and 9 people, one site for each, one of them wanted, with
    the worst site as its plan; and the first vector of its certificate."""
    demand = Demand.of([1.0, 5.0, 9.0])
    reach = from_file(np.arange(3), np.arange(3), np.zeros(3), 3, 3)
    sites = Sites.of(3, capacity=[9.0] * 3, district=[0] * 3)
    rules = Rules(p=1, district_least_sites={0: 1}, capacities=capacities)
    answer = max_cover(demand, sites, reach, rules, Control(5.0))
    names = Names(districts=["x"], sites=["a", "b", "c"])
    problem = Problem("max-cover", demand, sites, reach, rules, ["a", "b", "c"], names, 0)
    told = json.loads(json.dumps(proof_of(problem, answer)))
    certificate = told["certificate"]
    certificate |= {"sites": [0], "value": 1.0, "bound": 1.0}
    if capacities:
        certificate["served"] = [[certificate["group"][0], 0, 1.0]]
        certificate["roomy"] |= {"sites": [0], "value": 1.0, "bound": 1.0}
    plain = certificate["roomy"] if capacities else certificate
    vector = plain["tree"]["vectors"][0]
    vector.pop("cut", None)
    plain["tree"] = {"vectors": [vector]}
    return told, certificate, vector


@pytest.mark.parametrize("dear", [1e12, 1e16, 1e18, 1e30])
@pytest.mark.parametrize("capacities", [False, True])
def test_a_row_that_is_dear_beyond_all_worth_proves_no_bad_plan(dear, capacities):
    told, certificate, vector = worst_of_three(capacities=capacities)
    vector["row"] = [dear]
    assert not proves_the_worst(told)
    if capacities:
        del certificate["roomy"]
        certificate |= {"row": [dear], "price": [0.0] * len(certificate["price"])}
        assert not proves_the_worst(told)


def proves_the_worst(told) -> bool:
    """Whether a checker says that no plan is better than the worst, or than one of 9 people."""
    checked = check_proof(told)
    return checked.proved or (checked.bound is not None and checked.bound < 9.0)
