# The article's causal mask, band and trajectory masking.
mast objective policy --context 2
mast objective inverse:rm_idx=1 --context 4
mast objective steps:actions=0+1 --context 4
