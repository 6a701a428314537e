/** Packages without a CommonJS form, and what of theirs has none. jest cannot `require` them before Node.js 24.9. */
const withoutCommonJs = [
  '@kubernetes/client-node',
  'agent-base',
  'jose',
  'oauth4webapi',
  'openid-client',
  'socks-proxy-agent',
];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.[jt]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${withoutCommonJs.join('|')})/)`],
  testSequencer: '<rootDir>/test/longest-first.cjs',
  // For what hangs, and for nothing else: no test fails because the machine has other work.
  testTimeout: 600_000,
  modulePathIgnorePatterns: ['<rootDir>/out/'],
};
