/**
 * The schema of the environment: every variable with its shape, its default and a description, from which
 * docs/configuration.md is generated. What variables must hold between each other is deployment.ts's.
 */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { parseSeconds } from '../definitions/durations.ts';
import { masterSecretBytes } from '../definitions/lengths.ts';
import { logLevels } from '../definitions/logs.ts';
import { isLoopbackHost } from '../definitions/loopback.ts';
import { readStoreUrl, type StoreUrlProblem } from '../definitions/store_url.ts';
import { day } from '../definitions/units.ts';
import { isNetwork } from './schema/values.ts';
import { tracingVariables } from './tracing.ts';

const defaultStore = 'sqlite:data/cardea.db';
/**
 * A database of its own: the demonstration's users and clients, whose secrets everybody knows, must never be
 * in one that goes into production.
 */
export const developmentStore = 'sqlite:data/development.db';

/** A mistake found inside a value: the first that `find` names, as problem and remedy. */
type Mistake = readonly [problem: string, remedy: string] | undefined;

function checked(find: (value: string) => Mistake) {
  return z.string().superRefine((value, context) => {
    const mistake = find(value);
    if (!mistake) return;
    const [message, remedy] = mistake;
    context.addIssue({ code: 'custom', message, params: { remedy } });
  });
}

function issuerMistake(value: string): Mistake {
  const url = URL.parse(value);
  if (!url || !['https:', 'http:'].includes(url.protocol) || !/^https?:\/\//.test(value)) {
    return [
      'must be a URL',
      'Set it to the address that clients know, such as https://id.example.com.',
    ];
  }
  if (url.username || url.password)
    return ['must not hold credentials', 'Remove what is before @.'];
  if (value.includes('?') || value.includes('#')) {
    return [
      'must have neither query nor fragment (RFC 8414)',
      'Remove the ? or # and what follows.',
    ];
  }
  if (value.endsWith('/')) {
    const remedy = 'Remove it: verifiers compare issuers letter by letter, and most write none.';
    return ['ends with a slash', remedy];
  }
  if (url.href !== value && url.href !== `${value}/`) {
    const remedy =
      'Write it as a browser shows it: host in lower case, no default port, no spaces, no dot segments.';
    return ['is not in its normal form', remedy];
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    return [
      'is plain http, and not on this machine',
      'Use https; a proxy before Cardea may end TLS.',
    ];
  }
  return undefined;
}

function hostMistake(value: string): Mistake {
  const isName = /^(?!.*\.\.)[a-z\d]([a-z\d.-]{0,252}[a-z\d])?$/i.test(value);
  if (isNetwork(value) ? !value.includes('/') : isName && !/^[\d.]+$/.test(value)) return undefined;
  return ['must be an address or a host name', 'Use 127.0.0.1, or 0.0.0.0 for all interfaces.'];
}

const storeMistakes: Record<StoreUrlProblem, Mistake> = {
  unknown_engine: [
    'is neither a SQLite nor a MongoDB store',
    'Write sqlite:<path>, mongodb://<hosts>/<database> or mongodb+srv://….',
  ],
  no_file: ['names no file', `Write sqlite: and a path, such as ${defaultStore}.`],
  in_memory: ['is in memory, which workers cannot share', 'Write sqlite: and the path of a file.'],
  malformed: [
    'is not a MongoDB connection string',
    'Write mongodb://user:password@host:27017/database; encode special characters of the password (%40 for @).',
  ],
  no_database: ['names no database', 'Put its name after the hosts: mongodb://host:27017/cardea.'],
};

function storeMistake(value: string): Mistake {
  const address = readStoreUrl(value);
  return typeof address === 'string' ? storeMistakes[address] : undefined;
}

/** A header takes no more than this (RFC 6750 section 2.1). */
function credentialMistake(value: string): Mistake {
  if (/^[\w.~+/=-]+$/.test(value)) return undefined;
  return ['is no API key and no access token', 'Set it to the value alone, without a scheme.'];
}

const generate = 'Make one with: npx cardea secret generate.';

const secrets = z.string().transform((value, context) => {
  const buffers = value.split(',').map((entry, index, entries) => {
    const problem = secretProblem(entry.trim());
    if (problem) {
      const message = entries.length > 1 ? `has an entry ${index + 1} that ${problem}` : problem;
      context.addIssue({ code: 'custom', message, params: { remedy: generate } });
    }
    return Buffer.from(entry.trim(), 'base64url');
  });
  return buffers;
});

function secretProblem(entry: string): string | undefined {
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(entry)) return 'is not base64url text';
  const bytes = Buffer.from(entry, 'base64url');
  if (bytes.length < masterSecretBytes) return `has fewer than ${masterSecretBytes} bytes`;
  // 32 random bytes have fewer than 12 different values about never (below 1e-17): this is a placeholder.
  if (new Set(bytes).size < 12) return 'is not random';
  return undefined;
}

function wholeNumber(minimum: number, maximum: number, example: string) {
  return z.string().transform((value, context) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= minimum && number <= maximum) return number;
    const message = `must be a whole number from ${minimum} to ${maximum}`;
    // Kubernetes sets NAME_PORT=tcp://… for each service; one that is called cardea hits ours.
    const remedy = value.startsWith('tcp://')
      ? 'Kubernetes set it for a service of that name: set enableServiceLinks: false in the pod.'
      : `Set it to ${example}.`;
    context.addIssue({ code: 'custom', message, params: { remedy } });
    return z.NEVER;
  });
}

const waitingTime = z.string().transform((value, context) => {
  const seconds = parseSeconds(value);
  if (seconds !== undefined && seconds <= day) return seconds;
  const message = 'must be a duration of at most a day';
  context.addIssue({ code: 'custom', message, params: { remedy: 'Write 30s, 2m or 0s.' } });
  return z.NEVER;
});

const networks = z.string().transform((value, context) => {
  const entries = value.split(',').map((entry) => entry.trim());
  for (const [index, entry] of entries.entries()) {
    if (isNetwork(entry)) continue;
    const message = `has an entry ${index + 1} that is not a network`;
    const remedy = 'Separate networks by commas: 10.0.0.0/8, fd00::/8, 127.0.0.1.';
    context.addIssue({ code: 'custom', message, params: { remedy } });
  }
  return entries;
});

/** Each variable's schema takes the text that was set (undefined: not set) and answers the value. */
export const environmentSchema = z.object({
  CARDEA_ISSUER: checked(issuerMistake).optional().meta({
    unset: 'development mode',
    description:
      'The issuer URL, exactly as tokens carry it: no query, no fragment, no slash at the end; may have a path. Setting it ends development mode.',
  }),
  CARDEA_HOST: checked(hostMistake).prefault('127.0.0.1').meta({
    description: 'The address to listen on: `0.0.0.0` for all of IPv4, `::` for all.',
  }),
  CARDEA_PORT: wholeNumber(1, 65_535, 'a free port such as 3000')
    .prefault('3000')
    .meta({ description: 'The port to listen on.' }),
  CARDEA_MANAGEMENT_PORT: wholeNumber(1, 65_535, 'a free port such as 9000').prefault('9000').meta({
    description:
      'The port of `/health/live`, `/health/ready` and `/metrics`, which the public port never serves.',
  }),
  CARDEA_MANAGEMENT_HOST: checked(hostMistake).prefault('127.0.0.1').meta({
    description:
      'The address of the management port, which has no authentication: where a monitor or an orchestrator on another machine asks, `0.0.0.0` or `::`, and a firewall before it.',
  }),
  CARDEA_STORE: checked(storeMistake)
    .prefault(defaultStore)
    .meta({
      description: `Where everything is kept: \`sqlite:<path>\`, or \`mongodb://…\` / \`mongodb+srv://…\` with a database name (for several nodes). Development mode has one of its own, \`${developmentStore}\`.`,
    }),
  CARDEA_STORE_WAIT: waitingTime.prefault('2m').meta({
    description:
      'How long a node that starts waits for a store that does not answer, such as `30s` or `2m`; `0s`: not at all. Until then `/health/live` says yes and `/health/ready` no.',
  }),
  CARDEA_SECRET: secrets.optional().meta({
    unset: 'required with CARDEA_ISSUER',
    description: `The master secret, at least ${masterSecretBytes} random bytes as base64url (\`cardea secret generate\`): it seals signing keys at rest and signs cookies. A list, separated by commas, rotates it: the first seals, all open.`,
  }),
  CARDEA_CONFIG: z.string().optional().meta({
    unset: 'none (in development mode a demonstration)',
    description: 'The path of the declarative file, YAML or JSON.',
  }),
  CARDEA_WORKERS: wholeNumber(1, 256, 'the number of worker processes, such as 2')
    .optional()
    .transform((count) => count ?? availableParallelism())
    .meta({ unset: 'one for each core', description: 'The worker processes of this node.' }),
  CARDEA_TRUSTED_PROXIES: networks.optional().meta({
    unset: 'none',
    description:
      'Networks of the proxies whose `Forwarded` and `X-Forwarded-*` are believed, in CIDR notation, separated by commas. Only with `CARDEA_ISSUER`.',
  }),
  CARDEA_LOG_LEVEL: z
    .enum(logLevels)
    .prefault('info')
    .meta({
      description: `One of ${logLevels.map((level) => `\`${level}\``).join(', ')}. Logs are JSON lines on stdout, pretty on a terminal.`,
    }),
  CARDEA_ADMIN_KEY: checked(credentialMistake).optional().meta({
    unset: 'none',
    description:
      'An API key or access token for `urn:cardea:admin`, for the commands that [call the admin API](admin-api.md#from-the-command-line). Nothing else uses it.',
  }),
  ...tracingVariables,
});

type Environment = z.output<typeof environmentSchema>;
export type VariableName = keyof Environment;
export const variableNames = Object.keys(environmentSchema.shape) as VariableName[];

/** Each variable with its default as the documentation shows it, and its meaning. */
export function environmentReference(): { name: string; default: string; description: string }[] {
  const { properties = {} } = z.toJSONSchema(environmentSchema, {
    io: 'input',
    unrepresentable: 'any',
  });
  return Object.entries(properties).map(([name, property]) => {
    if (typeof property === 'boolean') return { name, default: '', description: '' };
    const { default: value, unset, description = '' } = property;
    return { name, default: value === undefined ? String(unset) : `\`${value}\``, description };
  });
}
