"""The way to the systems: HTTP clients that know no system."""
