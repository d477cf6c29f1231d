"""What an uploaded table is and what is in it: the one way in for every file that people upload.

``gate`` says what is too large to be read, ``encoding``, ``delimited`` and ``workbook`` how a file is read, ``shape`` guesses
all that, ``headings`` which column is what, ``child`` reads in a process of its own and ``reading`` asks it.
Nothing below ``reading`` knows Django: the child starts in a tenth of a second.
"""
