import full from './jest.config.js';

const [unit] = full.projects;

/** The tests that mutants of the deletion gate have to pass: all that take milliseconds. */
export default {
  ...unit,
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/src/planning', '<rootDir>/src/policy', '<rootDir>/test/faults/deletion-traps'],
  testMatch: [
    '<rootDir>/src/planning/deletion-gate.spec.ts',
    '<rootDir>/src/planning/deletion-gate.traps.spec.ts',
    '<rootDir>/src/planning/held-plan.spec.ts',
    '<rootDir>/src/planning/remember-repository.spec.ts',
    '<rootDir>/src/policy/deletion-policy.spec.ts',
  ],
};
