"""What opens a vault: where its keys come from, and what the slots that hold them are made of."""
