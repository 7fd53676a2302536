/**
 * Loaded into a process before its program (`--import`): its clock is ahead or behind by SHIFT_CLOCK_BY
 * milliseconds, for its libraries, too.
 */
const shift = Number(process.env.SHIFT_CLOCK_BY);
const MachineDate = Date;

globalThis.Date = class extends MachineDate {
  constructor(...values: []) {
    super(...(values.length > 0 ? values : ([MachineDate.now() + shift] as unknown as [])));
  }
  static override now(): number {
    return MachineDate.now() + shift;
  }
} as DateConstructor;
