/**
 * How records of an export are read: by a schema, and what it says in sentences.
 */
import { z } from 'zod';
import { problemsOf } from '../config/issues.ts';

/** Fields as exports have them: absent, or null, where nothing was set. */
export const text = z.string().nullish();
export const flag = z.boolean().nullish();
export const names = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);

const nothingKnown = () => ({ keys: [], type: undefined, description: undefined });

/** The record, or what is wrong with it in one text that repeats no value. */
export function readRecord<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
): { record: z.output<Schema> } | { problem: string } {
  const { data: record, error } = schema.safeParse(data);
  if (!error) return { record: record as z.output<Schema> };
  const problems = problemsOf(error.issues, data, nothingKnown);
  return { problem: problems.map(({ where, problem }) => `${where} ${problem}.`).join(' ') };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
