/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  testSequencer: '<rootDir>/test/longest-first.cjs',
  // For what hangs, and for nothing else: no test fails because the machine has other work.
  testTimeout: 600_000,
  modulePathIgnorePatterns: ['<rootDir>/out/'],
};
