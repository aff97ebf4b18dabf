"""A package, so that its files may have names that other rooms' tests have too."""
