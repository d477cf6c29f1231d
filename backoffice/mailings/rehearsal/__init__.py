"""Dress rehearsals: the whole plan of a mailing through a private Kannel to simulated operators, compared as it arrives."""
