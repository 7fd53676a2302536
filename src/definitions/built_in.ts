/**
 * What every Cardea has, whatever is declared. It is made at each start, and operators do not change it.
 */

/** The client that the console signs people in as. */
export const consoleClientId = 'cardea-console';
