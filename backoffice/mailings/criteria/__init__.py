"""Conditions on what we wrote to customers and what became of it. Imported when the house starts (apps.py)."""

from backoffice.mailings.criteria import amounts, contact, mailing

__all__ = ["amounts", "contact", "mailing"]
