/**
 * Units of time. Lifetimes and the declarative file count in seconds, clocks and records in milliseconds.
 */
export const minute = 60;
export const hour = 3600;
export const day = 86_400;

export const minuteMs = minute * 1000;
export const hourMs = hour * 1000;
export const dayMs = day * 1000;
