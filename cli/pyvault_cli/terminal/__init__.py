"""What a person sees and types: output, tables, questions, the picker, a browser."""
