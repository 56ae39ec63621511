"""Files in and out: tables, spreadsheets and vector files of any of the usual kinds.

The way of a file: :func:`geo.files.read.read_table` makes a :class:`~geo.files.tables.RawTable` of
text cells; :func:`geo.files.headers.match_headers` finds which column is which field;
:mod:`geo.files.values` and :mod:`geo.files.positions` turn columns into numbers, dates, codes and
places, naming what they cannot read; :func:`geo.files.rejects.write_rejects` writes the rows that
were not taken, to be mended and given again.
"""
