import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import jest from 'eslint-plugin-jest';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const booleanParameter =
  ':matches(FunctionDeclaration, MethodDefinition > FunctionExpression, ArrowFunctionExpression, TSAbstractMethodDefinition > TSEmptyBodyFunctionExpression)' +
  ' > Identifier.params[typeAnnotation.typeAnnotation.type="TSBooleanKeyword"]';

/** Rules that came out of a remark made twice; every line says what to do instead. */
const restrictedSyntax = [
  'error',
  {
    selector: booleanParameter,
    message: 'No boolean parameters: pass a string-literal union or split the function.',
  },
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: 'Only src/time reads the clock: pass the time in.',
  },
  { selector: 'TSEnumDeclaration', message: 'Use a const object or a string-literal union.' },
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: 'ExportAllDeclaration', message: 'No barrels: import the file that owns the name.' },
  {
    selector: 'NewExpression[callee.name="RegExp"]',
    message: 'User text goes to the linear-time engine in src/policy.',
  },
];

export default defineConfig(
  globalIgnores(['.cache/', 'dist/', 'coverage/', 'data/', 'node_modules/']),
  {
    files: ['**/*.js', '**/*.cjs'],
    extends: [eslint.configs.recommended],
    languageOptions: { globals: { process: 'readonly', module: 'writable' } },
  },
  {
    files: ['**/*.ts'],
    extends: [
      eslint.configs.recommended,
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
    ],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      // `?.` and `??` count, too: 12 of them still read as one thought.
      complexity: ['error', 12],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-empty-function': ['error', { allow: ['methods'] }],
      'no-console': 'error',
      'no-restricted-syntax': restrictedSyntax,
    },
  },
  {
    // Constructors that Nest or a composition root fills may take one collaborator per noun.
    files: ['src/**/*.ts'],
    ignores: ['src/config/**', 'src/main.ts', 'src/cli/**', '**/*.spec.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config reads the environment.' },
      ],
    },
  },
  {
    files: ['src/{oci,policy,planning}/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-globals': ['error', 'fetch', 'setTimeout', 'setInterval', 'performance'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now' },
        { object: 'Math', property: 'random' },
        { object: 'process', property: 'env' },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    extends: [jest.configs['flat/recommended']],
    settings: { jest: { globalPackage: '@jest/globals' } },
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': 'off',
      'jest/valid-title': ['error', { mustNotMatch: { it: '^should\\b' } }],
      // `??` and `?.` in an assertion are no branch of a test, and the rule cannot tell them from one.
      'jest/no-conditional-in-test': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect*', 'fc.assert'] }],
      'jest/no-standalone-expect': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  { files: ['ormconfig.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['deploy/**/*.ts', 'bench/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['grafana/**/*.ts'],
    rules: {
      // The SDK would have the format of Grafana 12 instead; this one every Grafana imports and provisions.
      '@typescript-eslint/no-deprecated': [
        'error',
        {
          allow: [
            {
              from: 'package',
              package: '@grafana/grafana-foundation-sdk',
              name: ['Dashboard', 'DashboardBuilder'],
            },
          ],
        },
      ],
    },
  },
  prettier,
);
