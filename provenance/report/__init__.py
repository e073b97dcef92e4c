"""The report of a campaign or a study as one HTML page: a room for each, a page that fills its template."""
