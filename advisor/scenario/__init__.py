"""What the user wants (the scenario) and the architecture it is about (the blueprint)."""
