/**
 * Addresses of the pages of the look, below `/console`.
 */
import type { ColorScheme } from '../../pages/theme.ts';

export const lookPath = '/look';
export const resetPath = '/look/reset';
export const themePath = '/look/theme';

/** The stylesheet of an accent in a preview. */
export function themeOf(query: { accent: string; scheme: ColorScheme }): string {
  return `${themePath}?${new URLSearchParams(query)}`;
}
