/** Both lines of the TypeScript SDK, behind the types of the older one: what they differ in is here. */
import * as v2 from '@modelcontextprotocol/client';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export type Sdk = {
  Client: typeof Client;
  StreamableHTTPClientTransport: typeof StreamableHTTPClientTransport;
  UnauthorizedError: typeof UnauthorizedError;
  /** Hands the authorization response over. */
  finishAuth(transport: StreamableHTTPClientTransport, answer: URLSearchParams): Promise<void>;
  /** Whether it sends the person to consent to a scope that a tool turns out to need. */
  stepsUp: boolean;
};

export const sdks: Record<string, Sdk> = {
  '@modelcontextprotocol/sdk': {
    ...{ Client, StreamableHTTPClientTransport, UnauthorizedError },
    finishAuth: (transport, answer) => transport.finishAuth(String(answer.get('code'))),
    // It refreshes, gets the same scopes again, and gives up.
    stepsUp: false,
  },
  '@modelcontextprotocol/client': {
    ...(v2 as unknown as Omit<Sdk, 'finishAuth'>),
    finishAuth: (transport, answer) =>
      (transport as unknown as v2.StreamableHTTPClientTransport).finishAuth(answer),
    stepsUp: true,
  },
};
