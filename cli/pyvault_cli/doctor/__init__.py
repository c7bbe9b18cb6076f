"""What ``doctor`` looks at; none of it prompts or changes anything."""
