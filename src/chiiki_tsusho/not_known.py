"""What stands in an array of whole numbers where there is no number to stand there.

Arrays of int64 have no blank. Each of these is out of the range of the numbers it stands among;
those below 0 are no position in any array either, so that ``< 0`` asks for all of them at once.
"""

from __future__ import annotations

import numpy as np

# A cell is blank, or there is no such column, and the contract gives no value for it.
BLANK = -1
# A cell cannot be read, or the row it is asked of cannot be used; there is a problem that says so.
BAD = -2
# A cell says that another service bills the row, which is set aside.
NOT_OURS = -3
# A figure, an id or a position is not known.
UNKNOWN = -1
# No row of a file or of a table of codes answers.
NO_ROW = -1
# The row of a file that would answer has a problem.
WRONG_ROW = -2
# A blank cell among numbers as they were read, which may be negative.
BLANK_NUMBER = np.iinfo(np.int64).min
# No limit applies; above every sum, so that the lesser of the two is the sum.
NO_LIMIT = np.iinfo(np.int64).max
# A problem is one of a claim and of no line of it; after every line in order.
NO_LINE = np.iinfo(np.int64).max
