"""A plan, its bound and its conditions derived anew from what was asked, by code that the solvers
do not share."""
