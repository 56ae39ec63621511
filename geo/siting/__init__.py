"""Where the next stations go: a plan, and a proof of how good it is.

Beside this page stand the words that all rooms share: the question in arrays
(:mod:`~geo.siting.problem`), how long a search goes on (:mod:`~geo.siting.control`), who reaches
whom (:mod:`~geo.siting.reach`), what a planner asks (:mod:`~geo.siting.question`), and the short
checker of any answer (:mod:`~geo.siting.checker`). The rooms, each of which imports only from those
above it (a contract of import-linter):

- `model`: the question as solvers take it: demand merged, conditions as rows, HiGHS;
- `max_cover`, `capacity`: most people for a number or a budget, where sites have room for all or
  not; `median`: the least walk in all; `set_cover`: the cheapest that reach a share; `centre`: the
  least longest walk; :mod:`~geo.siting.solving` finds the one that is asked for;
- `explain`: why there is no plan, and the least change with which there is one;
- `variations`: budget curves, closing and moving, several days or editions, how sure each site is;
- `proofs`: a plan, its bound and its conditions derived anew from what was asked;
- `inputs`: demand and candidates: estimated, registered, generated, imported;
- `ground`: a planner's question on its city, and what sites drawn by hand do there;
- `plans`: scenarios that are worked out in the background, told in facts, and followed to opening;
- `files`: all of it from plain files, without a database.
"""
