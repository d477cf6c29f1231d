"""Conditions on what we wrote to customers and what became of it. Imported when the house starts (apps.py)."""

from backoffice.mailings.criteria import amounts, clicks, contact, mailing

__all__ = ["amounts", "clicks", "contact", "mailing"]
