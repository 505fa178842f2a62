// Prints the Khronos validator's report on one GLB as JSON: node validate_glb.cjs FOLDER_WITH_NODE_MODULES FILE.glb
const fs = require("fs");
const path = require("path");

const [modules, file] = process.argv.slice(2);
const validator = require(path.join(modules, "node_modules", "gltf-validator"));

validator
  .validateBytes(new Uint8Array(fs.readFileSync(file)), { uri: path.basename(file) })
  .then((report) => console.log(JSON.stringify(report)))
  .catch((error) => {
    console.error(String(error));
    process.exitCode = 1;
  });
