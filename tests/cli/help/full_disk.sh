# Standard output that cannot be written is a failure, not a success.
mast --help >/dev/full
