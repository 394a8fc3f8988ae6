// A file of its own, so that the build keeps the package out of the files that every start reads.
module.exports = require('pino-pretty');
