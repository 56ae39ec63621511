"""Which union fits a cluster: a rule table that can be read, and the walk that begins it.

The table is `rules.toml`; :func:`advise` applies it to clusters as they are today.
"""

from geo.clusters.forms.choose import Alternative, Form
from geo.clusters.forms.gather import Advice, Matching, advise, matching
from geo.clusters.forms.listing import clusters_mark, clusters_of, one_cluster
from geo.clusters.forms.members import MemberRow, Members, member_rows, read_members
from geo.clusters.forms.regional import rules_of
from geo.clusters.forms.rules import FORM_KINDS, NOTHING, Rule, Rules, Thresholds, Words, rules
from geo.clusters.forms.selection import Asked, Selected, advise_selected, select
from geo.clusters.forms.visits import MOST_VISITS, USUAL_VISITS, Stop, Visits, visits

__all__ = [
    "FORM_KINDS",
    "MOST_VISITS",
    "NOTHING",
    "USUAL_VISITS",
    "Advice",
    "Alternative",
    "Asked",
    "Form",
    "Matching",
    "MemberRow",
    "Members",
    "Rule",
    "Rules",
    "Selected",
    "Stop",
    "Thresholds",
    "Visits",
    "Words",
    "advise",
    "advise_selected",
    "clusters_mark",
    "clusters_of",
    "matching",
    "member_rows",
    "one_cluster",
    "read_members",
    "rules",
    "rules_of",
    "select",
    "visits",
]
