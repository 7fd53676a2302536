/**
 * Statistics for operators: how often what happened, hour by hour. Owns what is counted and when it is written; what is
 * kept is in storage/statistics.ts, and nothing ever counts again what was counted once.
 */
export { statisticsMetrics } from './metrics.ts';
export { createStatisticsRecorder, type StatisticsRecorder } from './recorder.ts';
export {
  countEventsIn,
  countingRefusals,
  passwordQueueSample,
  verdictSample,
  withCountedEvents,
  withStatistics,
} from './sources.ts';
