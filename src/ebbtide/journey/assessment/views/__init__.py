"""assessment: the pages. Each shows what stands, asks for what is missing, and sends it to one act."""
