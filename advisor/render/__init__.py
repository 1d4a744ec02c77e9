"""What people look at: strings and bytes from values. Never files, never the clock."""
