/**
 * The import rules of the house: cli -> node -> app -> rooms -> layers. CONTRIBUTING.md has the map.
 * check_imports.ts applies `importRules` to all imports of src/, those of types included, and `runtimeRules`
 * to what is left of them when the program runs.
 */
import { readdirSync } from 'node:fs';
import type { IForbiddenRuleType } from 'dependency-cruiser';

/** The folders of src/ that are no rooms: what is above the rooms, what is below them, and a package of its own. */
const others = new Set([
  ...['app', 'cli', 'config', 'caching', 'definitions', 'http', 'net', 'node', 'pages'],
  ...['storage', 'telemetry', 'verifier'],
]);
/** All others, so that the rules hold for a new room from its first file on. They are entered by `room.ts` only. */
const rooms = readdirSync(new URL('../src/', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !others.has(entry.name))
  .map(({ name }) => name)
  .join('|');
/** Rooms that answer browsers and protocol clients themselves; in the others only route files do. */
const edges =
  'oidc|interactions|gateway|console|own_pages|account|mail_proofs|recovery|registration';
const routeFiles = '(^|[/_])routes\\.js$';

export const importRules: IForbiddenRuleType[] = [
  {
    name: 'cli-above-node-above-app-above-rooms',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/(main\\.js|cli/|node/|app/)' },
    to: { path: '^src/(main\\.js|cli/|node/|app/)' },
  },
  {
    name: 'app-knows-no-node',
    severity: 'error',
    from: { path: '^src/app/' },
    to: { path: '^src/(main\\.js|cli/|node/)' },
  },
  {
    name: 'node-knows-no-command-line',
    severity: 'error',
    from: { path: '^src/node/' },
    to: { path: '^src/(main\\.js|cli/)' },
  },
  {
    name: 'rooms-have-doors',
    comment: "A room's files are its own. What others may use stands in its room.ts.",
    severity: 'error',
    from: { path: '^src/([^/]+)/' },
    to: { path: `^src/(${rooms})/`, pathNot: ['^src/$1/', '^src/[^/]+/room\\.js$'] },
  },
  {
    name: 'layers-know-no-room',
    severity: 'error',
    from: { path: '^src/(storage|caching|telemetry|net)/' },
    to: { path: `^src/(${rooms}|http|pages)/` },
  },
  {
    name: 'domain-knows-no-http',
    severity: 'error',
    from: { path: `^src/(${rooms})/`, pathNot: [`^src/(${edges})/`, routeFiles] },
    to: { path: '^src/(http|pages)/' },
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
    name: 'only-oidc-imports-the-protocol-engine',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/oidc/' },
    to: { path: 'node_modules/(@types/)?oidc-provider' },
  },
  {
    name: 'only-the-engine-reaches-into-the-library',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/oidc/engine/' },
    to: { path: 'node_modules/oidc-provider/', pathNot: '/oidc-provider/lib/index\\.js$' },
  },
  {
    name: 'only-tracing-imports-opentelemetry',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/telemetry/tracing/' },
    to: { path: 'node_modules/@opentelemetry/' },
  },
  {
    name: 'koa-only-at-the-edge',
    severity: 'error',
    from: {
      path: '^src/',
      pathNot: [`^src/(http|pages|app|${edges})/`, routeFiles, '/room\\.js$'],
    },
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
    to: { path: '^src/[^/]+/', pathNot: '^src/(config/|definitions/|secrets/room\\.js)' },
  },
  {
    name: 'definitions-import-nothing',
    comment: 'What everything may read must not bring anything along, the schema library included.',
    severity: 'error',
    from: { path: '^src/definitions/' },
    to: { path: '', pathNot: '^(src/(definitions/|errors\\.js)|.*node_modules/ipaddr\\.js/)' },
  },
  {
    name: 'the-program-stands-alone',
    comment: 'What it names in texts and comments is checked by named_paths.ts.',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '(^|/)(demo|harness|scripts|test)/' },
  },
  {
    name: 'scripts-import-no-tests',
    comment: 'What both need stands in harness/.',
    severity: 'error',
    from: { path: '^(demo|harness|scripts)/' },
    to: { path: '(^|/)test/' },
  },
  {
    name: 'the-harness-runs-the-program-from-outside',
    severity: 'error',
    from: { path: '^harness/' },
    to: { path: '^(src|demo|scripts)/' },
  },
  {
    name: 'the-demonstration-is-an-ordinary-client',
    severity: 'error',
    from: { path: '^demo/' },
    to: { path: '^(src|harness|scripts)/', pathNot: '^src/verifier/index\\.js$' },
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
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  },
];

export const runtimeRules: IForbiddenRuleType[] = [
  {
    name: 'tracing-is-loaded-where-it-is-on',
    comment: 'The SDK is large. Its only entrance is an import at run time.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/telemetry/tracing/' },
    to: { path: '^src/telemetry/tracing/start_traces\\.js$', dynamic: false },
  },
  {
    name: 'no-circles',
    severity: 'error',
    from: { path: '^src/' },
    to: { circular: true },
  },
  {
    name: 'only-the-engine-runs-the-library',
    comment: 'The rest of oidc/ names its types, and takes its errors from engine/library.ts.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/oidc/engine/' },
    to: { path: 'node_modules/oidc-provider/' },
  },
];
