/** The architecture as one table: folder -> folders it may import. Anything absent is forbidden. */
const MAY_IMPORT = {
  oci: [],
  policy: ['oci'],
  planning: ['oci', 'policy'],
  time: [],
  config: ['oci', 'policy'],
  registry: ['oci', 'config', 'time'],
  inventory: ['oci', 'policy', 'registry'],
  execution: ['oci', 'policy', 'planning', 'registry'],
  verification: ['oci', 'planning', 'registry', 'inventory'],
  state: ['oci', 'policy', 'planning', 'config', 'time'],
  reconciliation: [
    'oci',
    'policy',
    'planning',
    'config',
    'time',
    'registry',
    'inventory',
    'execution',
    'verification',
    'state',
  ],
  jobs: ['config', 'time', 'state', 'reconciliation'],
  api: ['oci', 'policy', 'planning', 'config', 'state', 'jobs'],
  notifications: ['config', 'time', 'state', 'jobs'],
  observability: ['planning', 'config', 'time', 'registry', 'reconciliation', 'state', 'jobs'],
  cli: [
    'oci',
    'policy',
    'planning',
    'config',
    'time',
    'registry',
    'inventory',
    'execution',
    'verification',
    'state',
    'reconciliation',
    'jobs',
    'api',
    'notifications',
    'observability',
  ],
};
const PURE = '^src/(oci|policy|planning)/';
/** Pure computation only: hashing, schemas, a linear-time regex engine, semver ranges. */
const PURE_LIBRARIES = ['^(node:)?crypto$', 'node_modules/(zod|re2js|semver|@types/semver)/'];

const only = (folder, pkg) => ({
  name: `only-${folder}-imports-${pkg.replaceAll('/', '-')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: [`^src/${folder}/`, '^src/(app\\.module|main)\\.ts$', '\\.spec\\.ts$'] },
  to: { path: `node_modules/${pkg}/` },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
      name: `${folder}-imports-only-its-row`,
      severity: 'error',
      from: { path: `^src/${folder}/`, pathNot: '\\.spec\\.ts$' },
      // `serve` is a command, and what it starts is the application as a whole.
      to: {
        path: '^src/',
        pathNot: [
          `^src/(${[folder, ...allowed].join('|')})/`,
          ...(folder === 'cli' ? ['^src/app\\.module\\.ts$'] : []),
        ],
      },
    })),
    {
      name: 'every-folder-is-in-the-table',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${Object.keys(MAY_IMPORT).join('|')})/` },
      to: {},
    },
    {
      name: 'pure-folders-have-no-io-and-no-framework',
      severity: 'error',
      from: { path: PURE, pathNot: '\\.spec\\.ts$' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'core'],
        pathNot: PURE_LIBRARIES,
      },
    },
    only('registry', 'axios'),
    only('state', 'typeorm'),
    only('jobs', 'pg-boss'),
    only('state', 'pg'),
    only('jobs', '@nestjs/schedule'),
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'src-never-imports-test',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(test|bench|deploy)/' },
    },
    {
      name: 'src-never-imports-ormconfig',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^ormconfig' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
