"""The bulletin (通报): one page a district, as PDF and as a spreadsheet."""

from maps.bulletin.chart import ACTED_ON
from maps.bulletin.document import pdf
from maps.bulletin.gather import gather, name_of
from maps.bulletin.sheets import xlsx
from maps.bulletin.view import Bulletin

__all__ = ["ACTED_ON", "Bulletin", "gather", "name_of", "pdf", "xlsx"]
