# A prefix is not an option: --over must not silently mean --overwrite.
mast mask store.h5 --over
