mast info store.h5 --quiet --verbose
