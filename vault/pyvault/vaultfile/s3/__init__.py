"""A vault that is an object in an S3 bucket: the same bytes, replaced by conditional writes. ``docs/s3.md``."""
