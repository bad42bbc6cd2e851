"""What was found, as a site of plain files: no server, no request to anywhere, in light and dark."""
