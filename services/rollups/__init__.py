"""What were the numbers of past hours, days, weeks and months, kept so that nobody has to compute them again?"""

from data.summaries import Period, Summary, stored
from services.rollups.collecting import Collected, collect
from services.rollups.periods import PERIODS, span_of

__all__ = ["PERIODS", "Collected", "Period", "Summary", "collect", "span_of", "stored"]
