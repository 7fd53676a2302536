/**
 * What a trace says of an error: a stable code, as `error.type` (OpenTelemetry semantic conventions).
 */

/** The error's code, or that of its cause, such as `store_unavailable` or `ECONNREFUSED`; else its class. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return 'other';
  const { cause } = error;
  return (
    codeOf(error) ??
    (cause instanceof Error ? codeOf(cause) : undefined) ??
    wordOf(error.name) ??
    'other'
  );
}

/** Whether it tells a caller what is wrong with a request: that is no fault of ours. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status = 'status' in error ? Number(error.status) : Number.NaN;
  return status >= 300 && status < 500;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error ? wordOf(error.code) : undefined;
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^\w{1,64}$/.test(value) ? value : undefined;
}
