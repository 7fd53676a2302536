/** What a tier allows, in words: `10,000 requests a minute, 1,000,000 a month`. */
export function limitsText({
  requests_per_minute: perMinute,
  requests_per_month: perMonth,
}: {
  requests_per_minute: number | null;
  requests_per_month: number | null;
}): string {
  const parts = [
    perMinute === null ? undefined : `${perMinute.toLocaleString('en')} requests a minute`,
    perMonth === null ? undefined : `${perMonth.toLocaleString('en')} requests a month`,
  ];
  return parts.filter((part) => part !== undefined).join(', ') || 'No limits';
}
