mast --help | head -3
mast help | grep -c '^  [a-z]'
