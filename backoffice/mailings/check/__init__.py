"""The check of a plan before it goes: who gets it and why not, the bill, when it leaves, what one will learn, what is odd."""
