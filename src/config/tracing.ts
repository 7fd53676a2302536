/**
 * The variables of OpenTelemetry, by the names and rules of its specification
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/), so that what a platform sets for
 * all its programs holds for Cardea, too.
 */
import { z } from 'zod';
import type { TracingSettings } from './config.ts';

const samplers = [
  ...['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'],
  ...['always_on', 'always_off', 'traceidratio'],
] as const;

const protocols = ['http/protobuf', 'http/json'] as const;
const protocolRemedy = `Take one of ${protocols.join(', ')}: Cardea sends traces over HTTP only (port 4318 of a collector, by convention).`;

const otlpProtocol = z.string().superRefine((value, context) => {
  if (protocols.some((known) => known === value)) return;
  const message = 'is not a protocol that Cardea speaks';
  context.addIssue({ code: 'custom', message, params: { remedy: protocolRemedy } });
});

const endpoint = z.string().superRefine((value, context) => {
  const url = /^https?:\/\//.test(value) ? URL.parse(value) : null;
  if (url && !url.username && !url.password) return;
  const message = 'must be an http(s) URL without credentials';
  const remedy = 'Write the address of a collector, such as http://localhost:4318.';
  context.addIssue({ code: 'custom', message, params: { remedy } });
});

/** `key=value,key=value`, values percent-encoded, as W3C Baggage spells lists. */
const pairs = z.string().transform((value, context) => {
  const entries: [string, string][] = [];
  for (const [index, text] of value.split(',').entries()) {
    if (text.trim() === '') continue;
    const [, key, encoded] = /^\s*([^\s=,;]+)\s*=\s*(.*?)\s*$/.exec(text) ?? [];
    const decoded = encoded === undefined ? undefined : decode(encoded);
    if (key !== undefined && decoded !== undefined) entries.push([key, decoded]);
    else {
      const message = `has an entry ${index + 1} that is not key=value`;
      const remedy =
        'Write key=value,key=value, and encode what is special in a value (%2C for a comma).';
      context.addIssue({ code: 'custom', message, params: { remedy } });
    }
  }
  return Object.fromEntries(entries);
});

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const share = z.string().transform((value, context) => {
  const number = /^\d*\.?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= 0 && number <= 1) return number;
  const message = 'must be a number from 0 to 1';
  context.addIssue({
    code: 'custom',
    message,
    params: { remedy: 'Write 0.01 for every hundredth.' },
  });
  return z.NEVER;
});

/** Part of the schema of the environment. */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.optional().meta({
    unset: 'none: no traces',
    description:
      'The address of an OpenTelemetry collector, such as `http://localhost:4318`. Traces go to `v1/traces` below it ([operations.md](operations.md#traces)).',
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint.optional().meta({
    unset: 'none',
    description: 'The whole URL that traces are sent to, in place of the one above.',
  }),
  OTEL_EXPORTER_OTLP_PROTOCOL: otlpProtocol.prefault('http/protobuf').meta({
    description: 'How traces are sent: `http/protobuf` or `http/json`. gRPC is not supported.',
  }),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: otlpProtocol.optional().meta({
    unset: 'as above',
    description: 'The same for traces only.',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional().meta({
    unset: 'none',
    description:
      'Headers that are sent along, such as a collector’s key: `key=value,key=value`, values percent-encoded.',
  }),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: pairs.optional().meta({
    unset: 'none',
    description: 'The same for traces only; they replace headers of the same name.',
  }),
  OTEL_SERVICE_NAME: z.string().optional().meta({
    unset: '`service.name` of the next, or else `cardea`',
    description: 'What this service is called in traces.',
  }),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional().meta({
    unset: 'none',
    description:
      'What every trace says about where it is from, such as `deployment.environment.name=production`.',
  }),
  OTEL_TRACES_SAMPLER: z
    .enum(samplers)
    .prefault('parentbased_always_on')
    .meta({
      description: `Which requests are traced: one of ${samplers.map((name) => `\`${name}\``).join(', ')}. The parent is that of a trusted proxy.`,
    }),
  OTEL_TRACES_SAMPLER_ARG: share.prefault('1').meta({
    description: 'The share of requests that the two `traceidratio` samplers trace, from 0 to 1.',
  }),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).prefault('otlp').meta({
    description: '`none` turns traces off.',
  }),
  OTEL_SDK_DISABLED: z.string().prefault('false').meta({
    description: '`true` turns traces off.',
  }),
};

const prefix = 'OTEL_';

/** The specification has an empty variable mean the same as none; Cardea's own take that for a mistake. */
export function withoutEmptyTracing(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) => !(name.startsWith(prefix) && value?.trim() === ''),
    ),
  );
}

const tracingSchema = z.object(tracingVariables);

/** Undefined: there is nowhere to send traces to, or they are turned off. */
export function tracingSettings(
  values: z.output<typeof tracingSchema>,
): TracingSettings | undefined {
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url =
    values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/$/, '')}/v1/traces`);
  const isOff =
    values.OTEL_SDK_DISABLED.toLowerCase() === 'true' || values.OTEL_TRACES_EXPORTER === 'none';
  if (url === undefined || isOff) return undefined;
  const given = values.OTEL_RESOURCE_ATTRIBUTES;
  return {
    url,
    protocol: values.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? values.OTEL_EXPORTER_OTLP_PROTOCOL,
    headers: {
      ...values.OTEL_EXPORTER_OTLP_HEADERS,
      ...values.OTEL_EXPORTER_OTLP_TRACES_HEADERS,
    },
    resource: {
      'service.name': 'cardea',
      ...given,
      ...(values.OTEL_SERVICE_NAME !== undefined && { 'service.name': values.OTEL_SERVICE_NAME }),
    },
    sampler: values.OTEL_TRACES_SAMPLER,
    ratio: values.OTEL_TRACES_SAMPLER_ARG,
  };
}
