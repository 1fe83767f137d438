"""Results as tables and sentences: the data of charts, and the texts of the page."""
