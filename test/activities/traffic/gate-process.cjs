/** A gate as a process of its own: `node gate-process.cjs OPTIONS`, in JSON. It says its addresses to its parent. */
const { transformFileSync } = require('@swc/core');

require.extensions['.ts'] = (module, file) => {
  const jsc = { parser: { syntax: 'typescript' }, target: 'es2022' };
  module._compile(transformFileSync(file, { jsc, module: { type: 'commonjs' } }).code, file);
};

const { pino } = require('pino');
const { startGate } = require('../../../gate/gate');

const { token, ...options } = JSON.parse(process.argv[2]);
startGate({ ...options, token: () => token, logger: pino({ level: 'silent' }) }).then(
  ({ publicUrl, adminUrl }) => process.send({ publicUrl, adminUrl }),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
process.on('disconnect', () => process.exit(0));
