"""Bytes on disk: staging, shortening, packing. Nothing here writes outside the build folder."""
