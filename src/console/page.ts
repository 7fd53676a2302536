/**
 * What a page of the console is: where it is, what a person needs for it, and what it answers. The frame around it
 * (routes.ts) has done the rest when it is asked: the session, the form's token, permission, a sign-in that is fresh
 * enough. All that a page reads and changes goes through `call`, the same way as a request to the admin API.
 */
import type { AdminCaller, AnyOperation, Invoke } from '../admin/room.ts';
import type { ProviderTestResult } from '../identity_providers/room.ts';
import type { Flash } from '../own_pages/room.ts';
import type { PreviewLook } from '../pages/look_preview.ts';
import type { SectionId } from './navigation.ts';

export type ConsolePage = {
  /** Below `/console`: `/clients/:client_id`. */
  path: `/${string}`;
  method: 'GET' | 'POST';
  /** In the log and as the label of metrics: `clients.edit`. */
  name: string;
  section: SectionId;
  /** The operation that it is about: whoever may not call it does not see the page. Undefined: any operator may. */
  operation?: AnyOperation | undefined;
  /** What the palette offers it as, if it does: `Create a client`. For a path without parameters. */
  command?: string | undefined;
  /** Its form takes files: bytes that the whole of it may have. */
  uploadLimit?: number;
  handle(request: ConsoleRequest): Promise<ConsoleAnswer>;
};

/** Calls an operation as the person who is signed in. Throws what the operation throws. */
export type Call = <O extends AnyOperation>(
  operation: O,
  request?: Parameters<Invoke>[1],
) => Promise<CallResponse<O>>;

type CallResponse<O extends AnyOperation> = Omit<Awaited<ReturnType<Invoke>>, 'body'> & {
  body: O extends { run(call: never): Promise<infer Answer> }
    ? Answer extends { result: infer Result }
      ? Result
      : never
    : never;
};

/** `href`: below `/console`. */
export type Place = { label: string; href: string; kind: 'go' | 'do' };

export type ConsoleRequest = {
  /** Of the path, decoded. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /**
   * What was sent. On the GET of a page that a person comes back to after signing in: what they had sent before, which
   * is shown and has to be sent again.
   */
  form: URLSearchParams;
  isReturning: boolean;
  caller: AdminCaller;
  call: Call;
  /** Whether the person's role includes it. */
  may(operation: Pick<AnyOperation, 'scope' | 'furtherScopes'>): boolean;
  /** Where the person may go, and what they may create. */
  places: readonly Place[];
  issuer: string;
  /** Tests of the connection to an identity provider, of this session. See ProviderTests. */
  providerTest: {
    begin(providerId: string): Promise<{ url: string; browser: string }>;
    find(providerId: string): Promise<ProviderTestResult | undefined>;
  };
  /** A page of the sign-in as it would look. Changes nothing. */
  previewLook: PreviewLook;
  /** The address, as browsers have it, of a path below `/console`. */
  link(path: string): string;
  /** Milliseconds since the epoch. */
  now: number;
};

export type ConsoleAnswer =
  | { view: ConsoleView; status?: number }
  /** What a page loads. */
  | { file: { type: string; body: string } }
  /** A page of another room, within the frame. */
  | { framed: FramedPage }
  /** The person goes on at an identity provider, from where the browser comes back. `provider`: its name. */
  | { leave: { url: string; browser: string; provider: string } }
  /** After a form. `to`: below `/console`. */
  | { to: `/${string}`; flash?: Flash };

export type FramedPage = {
  name: 'inspect' | 'requests' | 'guide';
  title: string;
  /** Below `/console`. */
  path: `/${string}`;
};

type ConsoleView = {
  /** Of the document, and the heading. */
  title: string;
  /** Where the page is, from the section down to the page above it. */
  trail?: readonly { label: string; href: string }[];
  /** A file of views/console, and what it needs. */
  template: string;
  data: object;
};
