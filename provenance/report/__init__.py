"""The report of a campaign as one HTML page: values (``page``), template, figures."""
