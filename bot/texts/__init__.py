"""From a text's key, typed values and a locale to words.

`catalogues` reads gettext files, `templates` finds placeholders in words, `markup` knows the HTML subset that words may
use, `formats` writes amounts, rates and dates as a locale does, `texts` puts them together.
"""
