mast --help | head -n 2
