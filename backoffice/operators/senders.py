"""What a message may say it comes from."""

from backoffice.lib.senders import is_sender

__all__ = ["is_sender"]
