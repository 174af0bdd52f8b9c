"""Sources other than access logs: CKAN's own tracking, Google Analytics 4, Matomo; by API and by exported CSV."""
