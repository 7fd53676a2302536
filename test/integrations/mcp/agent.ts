/**
 * An agent as people build them with the TypeScript SDK: it is given the address of an MCP server and nothing else, and
 * sends a person to the browser where it is asked to.
 */
import assert from 'node:assert/strict';
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
} from '@modelcontextprotocol/sdk/client/auth.js';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { type Choices, walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { alice, metadata, redirectUri } from './scene.ts';
import type { Sdk } from './sdks.ts';

type Sent = { url: URL; form: URLSearchParams; status: number };

/** What the SDK lets a program keep. */
type Kept = {
  client?: OAuthClientInformationMixed | undefined;
  tokens?: OAuthTokens | undefined;
  verifier?: string;
  discovery?: OAuthDiscoveryState;
};

export type Agent = {
  /** A connection. Sends the person to the browser if that is needed. */
  connect(choices?: Choices): Promise<Client>;
  /** The person does what the agent last sent them for. */
  signIn(choices?: Choices): Promise<void>;
  kept: Kept;
  /** Where it sent the person. */
  asked: URL[];
  /** What it posted to paths that end so. */
  sent(path: string): Sent[];
};

/** `clientMetadataUrl`: where it hosts its metadata. */
export function createAgent(
  sdk: Sdk,
  { url, clientMetadataUrl }: { url: string; clientMetadataUrl?: string },
): Agent {
  const browser = createUserAgent();
  const kept: Kept = {};
  const asked: URL[] = [];
  const posts: Sent[] = [];

  const provider: OAuthClientProvider = {
    redirectUrl: redirectUri,
    clientMetadata: metadata,
    ...(clientMetadataUrl !== undefined && { clientMetadataUrl }),
    state: () => 'state-of-this-agent',
    clientInformation: () => kept.client,
    saveClientInformation(client) {
      kept.client = client;
    },
    tokens: () => kept.tokens,
    saveTokens(tokens) {
      kept.tokens = tokens;
    },
    codeVerifier: () => kept.verifier ?? '',
    saveCodeVerifier(verifier) {
      kept.verifier = verifier;
    },
    discoveryState: () => kept.discovery,
    saveDiscoveryState(discovery) {
      kept.discovery = discovery;
    },
    invalidateCredentials(what) {
      if (what === 'all' || what === 'client') kept.client = undefined;
      if (what === 'all' || what === 'tokens') kept.tokens = undefined;
    },
    redirectToAuthorization: (address) => void asked.push(address),
  };

  const observed: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (init?.method === 'POST') {
      const form = new URLSearchParams(String(init.body));
      posts.push({ url: new URL(String(input)), form, status: response.status });
    }
    return response;
  };

  const newTransport = () =>
    new sdk.StreamableHTTPClientTransport(new URL(url), {
      authProvider: provider,
      fetch: observed,
    });
  const connectBy = async (transport: ReturnType<typeof newTransport>) => {
    const client = new sdk.Client({ name: 'test-agent', version: '1.0.0' });
    await client.connect(transport as Parameters<Client['connect']>[0]);
    return client;
  };

  const signIn = async (choices: Choices = {}) => {
    const address = asked.at(-1);
    assert.ok(address, 'nobody was sent anywhere');
    const answer = await walkToClient(browser, address, redirectUri, { person: alice, ...choices });
    assert.equal(answer.searchParams.get('state'), 'state-of-this-agent');
    await sdk.finishAuth(newTransport(), answer.searchParams);
  };

  return {
    kept,
    asked,
    sent: (path) => posts.filter((post) => post.url.pathname.endsWith(path)),
    signIn,
    async connect(choices) {
      try {
        return await connectBy(newTransport());
      } catch (error) {
        if (!(error instanceof sdk.UnauthorizedError)) throw error;
      }
      await signIn(choices);
      return connectBy(newTransport());
    },
  };
}

/** What a tool says, as data. */
export async function use(client: Client, tool: string, input: object = {}): Promise<unknown> {
  const result = await client.callTool({ name: tool, arguments: { ...input } });
  const [content] = result.content as { text: string }[];
  assert.notEqual(result.isError, true, content?.text);
  return JSON.parse(String(content?.text));
}
