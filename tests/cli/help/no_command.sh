mast
