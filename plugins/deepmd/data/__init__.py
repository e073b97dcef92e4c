"""Data sets as DeePMD-kit reads them."""
