/**
 * The import rules of the house: cli -> app -> rooms -> storage interfaces. CONTRIBUTING.md has the map. They
 * are about what runs: check_imports.ts applies them to src/ without its types, hence `.js`.
 */
import type { IForbiddenRuleType } from 'dependency-cruiser';

const entry = '^src/(main\\.js|app\\.js|cli/)';

export const importRules: IForbiddenRuleType[] = [
  {
    name: 'rooms-know-no-composition',
    comment: 'Only the command line imports app.ts, and only main.ts imports the command line.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/(main\\.js|cli/)' },
    to: { path: entry },
  },
  {
    name: 'only-open-names-an-engine',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/storage/(open\\.js|sqlite/|mongodb/)' },
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
    to: { path: '(^(node:)?sqlite$|node_modules/mongodb/)' },
  },
  {
    name: 'storage-knows-no-room',
    severity: 'error',
    from: { path: '^src/storage/' },
    to: { path: '^src/', pathNot: '^src/(storage/|definitions/|errors\\.js|ids\\.js|clock\\.js)' },
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
    from: { path: '^src/', pathNot: '^src/oidc/provider_internals\\.js$' },
    to: {
      path: 'node_modules/oidc-provider/',
      pathNot: 'node_modules/oidc-provider/lib/index\\.js$',
    },
  },
  {
    name: 'koa-only-at-the-edge',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/(http/|oidc/|app\\.js$|.*(^|[/_])routes\\.js$)' },
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
    to: {
      path: '^src/',
      pathNot: '^src/(config/|definitions/|errors\\.js|keys/development_secret\\.js)',
    },
  },
  {
    name: 'definitions-import-nothing',
    comment: 'What everything may read must not bring anything along, the schema library included.',
    severity: 'error',
    from: { path: '^src/definitions/' },
    to: { path: '', pathNot: '^(src/(definitions/|errors\\.js)|.*node_modules/ipaddr\\.js/)' },
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
    to: { circular: true },
  },
  {
    name: 'everything-resolves',
    severity: 'error',
    from: { path: '^src/' },
    to: { couldNotResolve: true, pathNot: '\\.json$' },
  },
  {
    name: 'only-declared-packages',
    severity: 'error',
    from: { path: '^src/' },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
    },
  },
];
