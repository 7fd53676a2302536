/** The machine's monotonic clock in milliseconds, the same in all processes (`performance.now` is not). */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
