"""What is true: data, geometry and analysis. No HTTP, no HTML; imports nothing of ours above it."""
