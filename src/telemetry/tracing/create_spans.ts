/**
 * Spans: which belong together, and what they may say. What runs for a request finds it by the asynchronous context, so
 * that nothing has to be handed down.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { errorType, isRefusal } from './error_type.ts';
import type { SpanAttributes, Spans } from './spans.ts';

/** `request.isOver`: what its handling has begun goes on, such as a timer, but is no part of it. */
type Scope = { context: Context; request: { isOver: boolean } };

export function createSpans(tracer: Tracer): Spans {
  const scopes = new AsyncLocalStorage<Scope>();
  const propagator = new W3CTraceContextPropagator();

  const current = (): Scope | undefined => {
    const scope = scopes.getStore();
    return scope?.request.isOver ? undefined : scope;
  };
  /** Runs `work` in the scope of the span, and ends the span. */
  const within = async <T>(span: Span, scope: Scope, work: () => Promise<T>): Promise<T> => {
    try {
      return await scopes.run({ ...scope, context: trace.setSpan(scope.context, span) }, work);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  };

  return {
    step(name, work, attributes = {}) {
      const scope = current();
      if (!scope || !trace.getSpan(scope.context)?.isRecording()) return work();
      const kind = 'db.system.name' in attributes ? SpanKind.CLIENT : SpanKind.INTERNAL;
      const span = tracer.startSpan(name, { kind, attributes: { ...attributes } }, scope.context);
      return within(span, scope, work);
    },

    call(name, attributes, work) {
      const scope = current() ?? { context: ROOT_CONTEXT, request: { isOver: false } };
      const options = { kind: SpanKind.CLIENT, attributes: { ...attributes } };
      const span = tracer.startSpan(name, options, scope.context);
      const note = (learnt: SpanAttributes) => void span.setAttributes({ ...learnt });
      return within(span, scope, () => work({ traceparent: traceparentOf(span) }, note));
    },

    begin({ method, headers, isTrusted }) {
      const sent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
      const theirs = trace.getSpanContext(sent);
      // A stranger's flags would force traces on the collector, and a stranger's id get past a sampler that goes by it.
      const isContinued = isTrusted && theirs !== undefined;
      const links = theirs && !isContinued ? [{ context: theirs }] : [];
      const parent = isContinued ? sent : ROOT_CONTEXT;
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, links }, parent);
      const request = { isOver: false };
      const context = trace.setSpan(parent, span);
      return {
        traceId: span.spanContext().traceId,
        run: (work) => scopes.run({ context, request }, work),
        end({ name, attributes, hasFailed }) {
          request.isOver = true;
          span.updateName(name);
          span.setAttributes({ ...attributes });
          if (hasFailed) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },

    traceId() {
      const scope = current();
      return scope && trace.getSpanContext(scope.context)?.traceId;
    },
  };
}

/** A code, and neither the message nor the stack of the error: they may quote what was sent. */
function fail(span: Span, error: unknown): void {
  span.setAttributes({ 'error.type': errorType(error) });
  if (!isRefusal(error)) span.setStatus({ code: SpanStatusCode.ERROR });
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`;
}
