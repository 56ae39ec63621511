"""A planner's question on its city: the people, the candidates, today's stations, who reaches whom,
and what sites drawn by hand do there."""
