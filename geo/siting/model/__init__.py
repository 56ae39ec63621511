"""The question as solvers take it: demand merged exactly, conditions as rows, opening and closing
with exact gains, and HiGHS."""
