"""The page of a study: values (``content``), template, tables, figures."""
