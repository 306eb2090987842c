mast --version
