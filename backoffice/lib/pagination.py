"""Pages of very large tables, without waiting for a total that nobody needs to the digit."""

from django.db import connection
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.paginator import WagtailPaginator

from backoffice.lib.numbers import grouped

# Beyond so many rows a person searches instead of paging on; OFFSET grows slow there, too.
COUNTED_ROWS = 10_000


class EstimatedPaginator(WagtailPaginator):
    """Counts at most 10 000 rows. The whole table is estimated by PostgreSQL's statistics, a filtered one is "10 000+"."""

    @cached_property
    def counted(self) -> int:
        """Rows, or one more than COUNTED_ROWS if there are more."""
        limited = self.object_list.order_by()[: COUNTED_ROWS + 1]
        return int(limited.count())

    @cached_property
    def count(self) -> int:
        """Rows that can be paged through."""
        return min(self.counted, COUNTED_ROWS)

    @property
    def is_capped(self) -> bool:
        return self.counted > COUNTED_ROWS

    @cached_property
    def count_label(self) -> str:
        """How many there are, as a person would say it: "312", "about 1 900 000", "10 000+"."""
        if not self.is_capped:
            return grouped(self.counted)
        if self._is_whole_table:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [self.model._meta.db_table]
                )
                estimate = int(cursor.fetchone()[0])
            if estimate > COUNTED_ROWS:
                return _("about %(count)s") % {"count": grouped(_rounded(estimate))}
        return f"{grouped(COUNTED_ROWS)}+"

    @cached_property
    def items_count_label(self) -> str:
        name = self.verbose_name if self.count == 1 else self.verbose_name_plural
        return f"{self.count_label} {name}"

    @property
    def _is_whole_table(self) -> bool:
        return not self.object_list.query.where


def _rounded(estimate: int) -> int:
    """Three digits that mean something: 1 897 412 becomes 1 900 000."""
    step: int = 10 ** max(0, len(str(estimate)) - 3)
    return round(estimate / step) * step
