/**
 * Requests to the issuer, limited in time and size. Redirects are not followed: the issuer must serve its
 * documents where it says. Documents are parsed elsewhere.
 */

export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

export type IssuerResponse = { status: number; headers: Headers; body: Uint8Array };

type RequestParts = { headers: Record<string, string>; timeoutMs: number; maxBytes: number };

export type IssuerHttp = {
  /**
   * Rejects with FetchFailed if the issuer cannot be reached, is too slow, redirects, or sends too much. Other
   * statuses are returned.
   */
  get(url: string, sent: RequestParts): Promise<IssuerResponse>;
  /** The same, but its errors have no cause, which could repeat what was sent. */
  post(url: string, sent: RequestParts & { body: string }): Promise<IssuerResponse>;
  /** Aborts all requests and prevents new ones. */
  close(): void;
};

/** Nothing usable was received. `message` quotes nothing from the response. */
class FetchFailed extends Error {
  override readonly name = 'FetchFailed';
}

export function createIssuerHttp(fetch: FetchFunction): IssuerHttp {
  const running = new Set<AbortController>();
  let closed = false;

  const send = async (
    url: string,
    init: RequestInit,
    { timeoutMs, maxBytes }: Omit<RequestParts, 'headers'>,
  ): Promise<IssuerResponse> => {
    if (closed) throw new FetchFailed('closed');
    const controller = new AbortController();
    const { signal } = controller;
    running.add(controller);
    const timer = setTimeout(() => controller.abort(new FetchFailed('timeout')), timeoutMs);
    timer.unref();
    const request = exchange(fetch, url, { ...init, redirect: 'manual', signal }, maxBytes);
    try {
      // The race also ends requests of a custom fetch that ignores the signal.
      return await Promise.race([request, aborted(signal)]);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw cause instanceof FetchFailed ? cause : new FetchFailed('network error', { cause });
    } finally {
      request.catch(() => undefined);
      clearTimeout(timer);
      running.delete(controller);
    }
  };

  return {
    get: (url, { headers, ...limits }) => send(url, { method: 'GET', headers }, limits),
    post: (url, { headers, body, ...limits }) =>
      send(url, { method: 'POST', headers, body }, limits).catch((failure: Error) => {
        throw new FetchFailed(failure.message);
      }),
    close() {
      closed = true;
      for (const controller of running) controller.abort(new FetchFailed('closed'));
    },
  };
}

async function exchange(
  fetch: FetchFunction,
  url: string,
  init: RequestInit,
  maxBytes: number,
): Promise<IssuerResponse> {
  const response = await fetch(url, init);
  const isRedirect = response.status >= 300 && response.status < 400 && response.status !== 304;
  if (isRedirect || response.redirected || response.type === 'opaqueredirect') {
    await response.body?.cancel();
    throw new FetchFailed('redirect refused');
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    return { status: response.status, headers: response.headers, body: new Uint8Array() };
  }
  return { status: 200, headers: response.headers, body: await readBody(response, maxBytes) };
}

/** Counts the decoded size, so that a compressed response cannot exceed it either. */
async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks, size);
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw new FetchFailed('too large');
    }
    chunks.push(value);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
