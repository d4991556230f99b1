"""What the "@name" symbols in the route tables' examples stand for.

Each module here has SYMBOLS = {"name": make}; make(world) returns the value, usually the id of something it
makes through the API (world.admin is signed in with all roles at the centre). A symbol is made anew for each
route that is tried, so that no example depends on another's leftovers. A module may have fill(database) for
rows that have no API.
"""

import importlib
import pkgutil

MODULES = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
SYMBOLS = {name: make for module in MODULES for name, make in getattr(module, "SYMBOLS", {}).items()}


def fill(database):
    for module in MODULES:
        if hasattr(module, "fill"):
            module.fill(database)
