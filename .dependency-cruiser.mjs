/**
 * The import rules of the house: cli -> app -> rooms -> storage interfaces. CONTRIBUTING.md has the map.
 */
const entry = '^src/(main\\.ts|app\\.ts|cli/)';

export default {
  forbidden: [
    {
      name: 'rooms-know-no-composition',
      comment: 'Only the command line imports app.ts, and only main.ts imports the command line.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main\\.ts|cli/)' },
      to: { path: entry },
    },
    {
      name: 'only-open-names-an-engine',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/storage/(open\\.ts|sqlite/|mongodb/)' },
      to: { path: '^src/storage/(sqlite|mongodb)/' },
    },
    {
      name: 'engines-are-separate',
      severity: 'error',
      from: { path: '^src/storage/(sqlite|mongodb)/' },
      to: { path: '^src/storage/(sqlite|mongodb)/', pathNot: '^src/storage/$1/' },
    },
    {
      name: 'drivers-stay-in-their-engine',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/storage/(sqlite|mongodb)/' },
      to: { path: '^(node:sqlite|sqlite|node_modules/mongodb)(/|$)' },
    },
    {
      name: 'storage-knows-no-room',
      severity: 'error',
      from: { path: '^src/storage/' },
      to: { path: '^src/', pathNot: '^src/(storage/|errors\\.ts|ids\\.ts|clock\\.ts)' },
    },
    {
      name: 'only-oidc-imports-the-protocol-engine',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/oidc/' },
      to: { path: 'node_modules/(@types/)?oidc-provider' },
    },
    {
      name: 'only-provider-internals-goes-deep',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/oidc/provider_internals\\.ts$' },
      to: {
        path: 'node_modules/oidc-provider/',
        pathNot: 'node_modules/oidc-provider/lib/index\\.js$',
      },
    },
    {
      name: 'koa-only-at-the-edge',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(http/|oidc/|app\\.ts$|.*(^|[/_])routes\\.ts$)' },
      to: { path: 'node_modules/(@types/)?(koa|@koa|koa-)' },
    },
    {
      name: 'the-verifier-stands-alone',
      severity: 'error',
      from: { path: '^src/verifier/' },
      to: { path: '^src/', pathNot: '^src/verifier/' },
    },
    {
      name: 'configuration-knows-no-room',
      comment: 'The secret of development mode is the one thing that it takes from a room.',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/', pathNot: '^src/(config/|errors\\.ts|keys/development_secret\\.ts)' },
    },
    {
      name: 'the-program-needs-no-tests-or-scripts',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'only-declared-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
