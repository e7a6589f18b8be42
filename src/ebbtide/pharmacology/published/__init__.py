"""What others have published, as data: models with their sources, marks, ranges and limits, and the strict reading of the file."""
