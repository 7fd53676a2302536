/**
 * An OpenTelemetry collector as far as a test needs one: it takes OTLP over HTTP as JSON, and keeps the spans.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

type AttributeValue = { stringValue?: string; intValue?: number | string; boolValue?: boolean };
type Attribute = { key: string; value: AttributeValue };

export type CollectedSpan = {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  links?: { traceId: string }[];
  status?: { code?: number };
  attributes: Record<string, string | number | boolean | undefined>;
};

type ResourceSpans = {
  resource: { attributes: Attribute[] };
  scopeSpans: { spans: (Omit<CollectedSpan, 'attributes'> & { attributes: Attribute[] })[] }[];
};

export type Collector = {
  url: string;
  /** Everything that was sent, as it came. */
  received: { path: string; headers: IncomingHttpHeaders; body: Buffer }[];
  /** Of what came as JSON. */
  spans(): CollectedSpan[];
  resources(): CollectedSpan['attributes'][];
  close(): Promise<void>;
};

export async function startCollector(): Promise<Collector> {
  const received: Collector['received'] = [];
  const server = createServer(async (request, response) => {
    const { url: path = '', headers } = request;
    received.push({ path, headers, body: await buffer(request) });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const all = () =>
    received.flatMap(
      ({ body }) => (JSON.parse(String(body)) as { resourceSpans: ResourceSpans[] }).resourceSpans,
    );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    spans: () =>
      all()
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ spans }) => spans)
        .map((span) => ({ ...span, attributes: plain(span.attributes) })),
    resources: () => all().map(({ resource }) => plain(resource.attributes)),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function plain(attributes: Attribute[]): CollectedSpan['attributes'] {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, boolValue } }) => [
      key,
      stringValue ?? boolValue ?? (intValue === undefined ? undefined : Number(intValue)),
    ]),
  );
}
