"""Convolutions of bytes in groups: as those of all channels, with pairs that no two groups share."""

from gapprof.kernels.direct import Window, direct_tiles
from gapprof.kernels.families.conv_int8 import (
    ConvInt8,
    conv_int8,
    conv_int8_buffers,
    conv_int8_weights,
    conv_int8_words,
)
from gapprof.kernels.family import Family


class ConvInt8Grouped(ConvInt8, frozen=True, kw_only=True, tag="conv-int8-grouped"):
    """[batch, groups, pairs, height, width, 2], as `paired` makes it of each group, to [batch, filters, …].

    Filters are [filters, pairs of a group, kernel…, 2].
    """

    groups: int

    @property
    def window(self) -> Window:
        """Its geometry; an odd channel of a group makes a pair with nothing."""
        return self.window_of(groups=self.groups, planes=-(-self.channels // self.groups // 2))


FAMILY = Family(
    kind=ConvInt8Grouped,
    tiles=lambda shape, machine: direct_tiles(shape.window, machine),
    kernel=conv_int8,
    buffers=conv_int8_buffers,
    weights=conv_int8_weights,
    words=conv_int8_words,
)
