mast mask store.h5 --overwrit
