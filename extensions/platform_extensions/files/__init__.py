"""Files as bytes: downloads for pages and programs."""
