"""From an assignment's source to what is handed out: source, notebook, guide, handout."""
