"""Short links: an address in a text becomes one of our own with a code for each recipient, so that clicks can be counted."""
