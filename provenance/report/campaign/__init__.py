"""The page of a campaign: values (``content``), template, figures."""
