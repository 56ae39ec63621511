"""The live map: finished tiles kept in memory, and the style that a browser draws them in."""
