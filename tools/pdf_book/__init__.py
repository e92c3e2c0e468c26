"""What makes a book of the pages of the course, for ``tools/build_pdf.py``.

``pages``      cuts the long page that Sphinx writes into pages with ids and links of their own
``exercises``  leaves out what is of no use on paper or stands in the book already
``book``       puts the pages in order, with contents and running heads
``paper``      the page to print: fonts, title page, imprint
``printing``   lets Chromium print it, and mends the bookmarks
"""
