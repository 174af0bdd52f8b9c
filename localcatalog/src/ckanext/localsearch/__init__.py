"""Dataset search for CKAN kept in CKAN's own PostgreSQL, in Solr's place."""
