"""Files of packages inside the interpreter, for importlib.resources."""

import io
from importlib.resources.abc import Traversable, TraversableResources

__all__ = ["EmbeddedPath", "EmbeddedReader"]


class EmbeddedPath(Traversable):
    """A file or folder of the embedded library."""

    def __init__(self, importer, path):
        self._importer = importer
        self._path = path

    def __repr__(self):
        return f"{type(self).__name__}({self._path!r})"

    def __str__(self):
        return self._path

    def __eq__(self, other):
        if not isinstance(other, EmbeddedPath):
            return NotImplemented
        return self._path == other._path

    def __hash__(self):
        return hash(self._path)

    @property
    def name(self):
        return self._path.rpartition("/")[2]

    def iterdir(self):
        names = self._importer.list_folder(self._path)
        if names is None:
            raise NotADirectoryError(self._path)
        for name in names:
            yield EmbeddedPath(self._importer, f"{self._path}/{name}")

    def is_dir(self):
        return self._importer.list_folder(self._path) is not None

    def is_file(self):
        return self._importer.is_file(self._path)

    def joinpath(self, *descendants):
        path = "/".join([self._path, *map(str, descendants)])
        return EmbeddedPath(self._importer, path.rstrip("/"))

    __truediv__ = joinpath

    def open(self, mode="r", encoding=None, errors=None, newline=None):
        if "w" in mode or "a" in mode or "+" in mode or "x" in mode:
            raise OSError(f"the embedded library is read-only: {self._path}")
        stream = io.BytesIO(self.read_bytes())
        if "b" in mode:
            return stream
        return io.TextIOWrapper(stream, io.text_encoding(encoding), errors, newline)

    def read_bytes(self):
        return self._importer.get_data(self._path)


class EmbeddedReader(TraversableResources):
    """The files beside the modules of one package."""

    def __init__(self, importer, path):
        self._root = EmbeddedPath(importer, path)

    def files(self):
        return self._root
