/** @type {import('jest').Config} */
const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

export default {
  reporters: ['default', '<rootDir>/test/closing-line-reporter.js'],
  coverageProvider: 'v8',
  testTimeout: 60_000,
  // Much of the time is spent waiting for registries, databases and processes.
  maxWorkers: 3,
  projects: [
    { ...common, displayName: 'unit', rootDir: 'src', testMatch: ['**/*.spec.ts'] },
    { ...common, displayName: 'test', rootDir: 'test', testMatch: ['**/*.spec.ts'] },
  ],
};
