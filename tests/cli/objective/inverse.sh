# The article's inverse-dynamics mask for four steps.
mast objective inverse --context 4
