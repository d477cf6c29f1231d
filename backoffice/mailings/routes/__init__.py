"""The way messages take: chosen for a whole plan, counted while they travel, and asked afterwards what it might have cost."""
