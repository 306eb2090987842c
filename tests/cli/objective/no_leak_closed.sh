# The default rule closes the set: R_1 has seen a_0 and is hidden from o_1 too.
mast objective inverse --tokens rtg,obs,act --context 3
