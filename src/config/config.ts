/**
 * What the rest of the program sees of the configuration: typed, checked, complete.
 */
import type { LogLevel } from '../definitions/logs.ts';
import type { Declaration } from './schema/declaration.ts';

/** From the environment. */
export type Settings = {
  /** Nothing was configured: loopback only, own secret, demonstration configuration. */
  developmentMode: boolean;
  /** Issuer identifier, exactly as tokens carry it (RFC 8414 section 2). */
  issuer: string;
  host: string;
  port: number;
  managementPort: number;
  managementHost: string;
  /** `sqlite:<path>` or a `mongodb://`, `mongodb+srv://` connection string with a database name. */
  store: string;
  /** Seconds that a start waits for a store which does not answer. */
  storeWait: number;
  /** Master secrets, decoded: the first seals and signs, all open and verify. */
  secrets: Buffer[];
  workers: number;
  /** CIDRs whose `Forwarded` and `X-Forwarded-*` are believed. */
  trustedProxies: string[];
  logLevel: LogLevel;
  /** Undefined: no traces. */
  tracing?: TracingSettings | undefined;
};

/** Where traces are sent, and which; from the standard variables of OpenTelemetry. */
export type TracingSettings = {
  url: string;
  protocol: string;
  /** May contain secrets. */
  headers: Readonly<Record<string, string>>;
  /** What every trace says about where it is from. */
  resource: Readonly<Record<string, string>>;
  sampler: string;
  /** From 0 to 1, for samplers that go by it. */
  ratio: number;
};

/** Where the declaration comes from. */
export type DeclarationFile = {
  /** Without its folder: `cardea.yaml`. */
  name: string;
  /** The line where each thing begins that it declares, by its place: `clients[2]`, `pages.name`. */
  lines: Readonly<Record<string, number>>;
};

export type Config = Settings & {
  declaration: Declaration;
  /** Undefined: no file was named. */
  file?: DeclarationFile | undefined;
};
