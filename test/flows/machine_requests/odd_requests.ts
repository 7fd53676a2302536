/**
 * Requests of machines, and what can be odd about one: each request in order, then with each oddity, then with two
 * at once as a fixed seed draws them.
 */
import { formOddities } from './form_oddities.ts';
import { type MachineRequest, requestsInOrder } from './requests_in_order.ts';
import { wireOddities } from './wire_oddities.ts';

/** What an oddity makes of a request; undefined: it does not apply to this one. */
export type Oddity = (request: MachineRequest) => MachineRequest | undefined;
export type OddRequest = { name: string; request: MachineRequest };

const seed = 11;
const pairsOfOddities = 150;

export function oddRequests(): OddRequest[] {
  const single = Object.entries(requestsInOrder).flatMap(([base, request]) => [
    { name: base, request },
    ...Object.entries(odditiesOf(request)).flatMap(([oddity, change]) => {
      const changed = change(request);
      return changed ? [{ name: `${base}: ${oddity}`, request: changed }] : [];
    }),
  ]);
  return [...single, ...doublyOdd()];
}

/** The form's own oddities for every form; those of the wire for one request of each endpoint, and not for all. */
function odditiesOf(request: MachineRequest): Record<string, Oddity> {
  return { ...(request.isPlain ? wireOddities : {}), ...formOddities(request) };
}

function doublyOdd(): OddRequest[] {
  const draw = createDraw(seed);
  const bases = Object.entries(requestsInOrder);
  const found = new Map<string, MachineRequest>();
  while (found.size < pairsOfOddities) {
    const [base, request] = draw(bases);
    const oddities = Object.entries({ ...wireOddities, ...formOddities(request) });
    const [[one, first], [two, second]] = [draw(oddities), draw(oddities)];
    const once = first(request);
    const twice = one === two || !once ? undefined : second(once);
    if (twice) found.set(`${base}: ${one}, and ${two}`, twice);
  }
  return [...found].map(([name, request]) => ({ name, request }));
}

/** A linear congruential generator: the same draws on every machine and with every version of every library. */
function createDraw(start: number): <T>(list: readonly T[]) => T {
  let state = start;
  return (list) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const drawn = list[Math.floor((state / 2 ** 32) * list.length)];
    if (drawn === undefined) throw new Error('nothing to draw from');
    return drawn;
  };
}
