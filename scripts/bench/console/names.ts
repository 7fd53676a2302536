/**
 * Names as people, apps and keys have them: many share their words, each is found by its own, and the same number always
 * has the same name.
 */
import { sha256 } from '../../../src/digests.ts';

const given =
  words(`adam agnes ahmed alice amara amir anna anton ben bianca carl chen clara dana daniel david
  diego elena emil emma eric fatima felix finn grace hanna hugo ida igor ines ivan jack jana jonas julia karim kim
  lara leo lena lukas maria marta max maya mehmet mia nina noah nora olga omar oscar paul petra priya rosa sam sara
  simon sofia tim tom vera viktor yara yusuf zoe`);

const stems =
  words(`acker alder ander bauer berg blom brand carter dahl eber falk fisch garcia green hansen
  hart hill holm ibarra jansen kaiser keller koch kowal lang lind lopez maier martin meyer mori nagy novak olsen
  park peter quinn rich ross roth sato schmid silva stein suzuki tanaka vogel wagner weber wolf young zimmer`);

const endings =
  words(`a berg by dahl dorf e er feld gaard hof holm in is ley low man mark nen o ow s sen
  ska son stad ström ton y`);

const products =
  words(`account analytics billing booking catalog checkout console courier delivery export
  feed fleet forecast gallery inventory invoice ledger loyalty mailer metrics orders payroll planner portal pricing
  reports returns search shipping sensor stock support survey sync ticket timesheet tracker vault warehouse weather`);

const parts = words('api app batch cron daemon gateway job mobile service site web worker');

/** Of every tenth person a domain of their own employer, of the others the same. */
const commonDomain = 'example.com';

export type PersonName = {
  id: string;
  username: string;
  email: string;
  given_name: string;
  family_name: string;
};

export function personName(index: number): PersonName {
  const [first, stem, ending] = [
    pick(given, index, 1),
    pick(stems, index, 2),
    pick(endings, index, 3),
  ];
  const family = `${stem}${ending}`;
  const username = `${first}.${family}${index}`;
  const domain = index % 10 === 0 ? `company${index % 1000}.example` : commonDomain;
  return {
    ...{ id: idOf(`person ${index}`), username, email: `${username}@${domain}` },
    ...{ given_name: titled(first), family_name: titled(family) },
  };
}

export function clientName(index: number): { clientId: string; name: string } {
  const [product, part] = [pick(products, index, 4), pick(parts, index, 5)];
  return { clientId: `${product}-${part}-${index}`, name: `${titled(product)} ${part} ${index}` };
}

export function projectName(index: number): { id: string; name: string } {
  return {
    id: idOf(`project ${index}`),
    name: `${titled(pick(products, index, 6))} team ${index}`,
  };
}

export function keyName(index: number): string {
  return `${pick(products, index, 7)} ${pick(parts, index, 8)}`;
}

/** Of 21 characters, as others are, and the same for the same name. */
export function idOf(name: string): string {
  return sha256(name).slice(0, 21);
}

/** A number below `most` that looks random, and is the same for the same numbers. */
export function spread(index: number, salt: number, most: number): number {
  let bits = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return ((bits ^ (bits >>> 15)) >>> 0) % most;
}

function pick(all: readonly string[], index: number, salt: number): string {
  return all[spread(index, salt, all.length)] ?? '';
}

function titled(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
