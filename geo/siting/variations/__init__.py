"""What is asked of the same question besides its plan: budget curves, closing and moving, several
days or editions, how sure each site is."""
