// Prism's command line, with the arguments as they are.
require("@stoplight/prism-cli/dist/index.js");
