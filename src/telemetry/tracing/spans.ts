/**
 * What the rest of the program sees of tracing. Nothing in here or in what names these types loads OpenTelemetry:
 * start_traces.ts does, once there is somewhere to send traces to.
 */
import type { IncomingHttpHeaders } from 'node:http';

/** Never a name, an address, a bearer value, a whole URL, or anything else that a stranger writes. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Runs `work` as a part of the request under way, in a span of its own. Outside of a request, and in one that is not
 * sampled, it only runs it. Resolves with what `work` does, and throws what it throws.
 */
export type Step = <T>(
  name: string,
  work: () => Promise<T>,
  attributes?: SpanAttributes,
) => Promise<T>;

/** Without traces. */
export const onlyRun: Step = (_name, work) => work();

export type Spans = {
  step: Step;
  /**
   * Runs a request to another server; outside of a request of ours, in a trace of its own. `work` gets the headers that
   * carry the trace on, and notes what it learns.
   */
  call<T>(
    name: string,
    attributes: SpanAttributes,
    work: (headers: TraceHeaders, note: (attributes: SpanAttributes) => void) => Promise<T>,
  ): Promise<T>;
  begin(request: BegunRequest): RequestSpan;
  /** Of the request under way. */
  traceId(): string | undefined;
};

/** W3C Trace Context section 3.2. Without `tracestate`, which may tell strangers about what is in front of us. */
export type TraceHeaders = { traceparent: string };

type BegunRequest = {
  method: string;
  headers: IncomingHttpHeaders;
  /** Whether the trace that these headers name is continued. Otherwise a new one is linked to it. */
  isTrusted: boolean;
};

export type RequestSpan = {
  traceId: string;
  /** Runs `work`, with all that it begins, as this request. */
  run(work: () => void): void;
  /** What begins afterwards is not part of the request. */
  end(outcome: { name: string; attributes: SpanAttributes; hasFailed: boolean }): void;
};

export type Traces = Spans & {
  /** Sends what has ended, in a bounded time. Never throws. */
  close(): Promise<void>;
};
