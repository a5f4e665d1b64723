"""What plugs into Jupyter Server: managers, handlers and the route table."""
