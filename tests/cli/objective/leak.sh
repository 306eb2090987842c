# A band too narrow for the layout: R_1 stands between a_0 and o_1.
mast objective inverse:rm_idx=1 --tokens rtg,obs,act --context 3
