"""What the vegetation baseline needs more than once: a grid, shares by area, plantable ground, priorities, hot days."""
