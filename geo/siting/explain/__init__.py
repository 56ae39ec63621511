"""Why a question has no plan, and the least change with which it has one."""
