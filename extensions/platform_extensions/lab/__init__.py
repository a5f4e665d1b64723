"""JupyterLab's page and what it asks of its server: files, settings, workspaces, translations."""
