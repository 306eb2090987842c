mast pretain
