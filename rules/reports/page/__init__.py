"""The page that people look at: its template, style and script, and what fills them."""
