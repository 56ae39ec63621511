"""The organising ledger (双沟通台账): talks with enterprises and workers, and what came of them.

`places` finds the area that an entry names, `load` checks a file and stores it, `funnel` counts
what came of the talks. Counts only; whoever was talked to is nowhere in it.
"""
