"""The Python Execution Platform: sandboxes, projects, files and reviews, without HTTP."""
