"""SMSCs that nobody here wrote, and the drill that sends a mailing through them: `deploy/drill third-party-smpp`."""
