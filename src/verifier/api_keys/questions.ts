/**
 * Asks Cardea about keys (`POST /api-keys/verify`): all that wait go into one request, of many keys if need
 * be, and each question is one use that Cardea counts. It remembers no key and no answer. What it throws and
 * reports names no key, and no cause, because a fetch of the user's own may put the request into its errors.
 */
import { backoff } from '../issuer_keys/timing.ts';
import type { ApiKeySettings } from '../options.ts';
import type { Report } from '../report.ts';
import type { Http } from '../requests/issuer_requests.ts';
import { type KeyAnswer, readAnswers } from './response.ts';

/** One use of a key, or what happened without asking; `address`: of who uses it, empty when unknown. */
export type Question = {
  key: string;
  address: string;
  /** It was let through already. */
  isTold?: true;
  /** No use: how often it was refused, by the reason. Only where Cardea takes that. */
  refused?: Readonly<Record<string, number>>;
  /** No use: it came in a URL. Only where Cardea takes that. */
  isLeaked?: true;
};

export type Answers = {
  answers: KeyAnswer[];
  /** Of the monotonic clock: nothing that happened later is in the answers. */
  askedAt: number;
};

export type ApiKeyQuestions = {
  /** At most mostAbout(key). Rejects with KeysUnavailable. */
  ask(questions: readonly Question[]): Promise<Answers>;
  /** Whether Cardea, as last heard, takes reports of refusals and leaks. */
  takesReports(): boolean;
  /** Asked not long ago, and there was no answer. */
  isDown(): boolean;
};

/** Cardea did not answer. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
  /** It could not; false: it would not, and will not until somebody mends that. */
  readonly isOutage: boolean;

  constructor(reason: string, isOutage: boolean) {
    super(reason);
    this.isOutage = isOutage;
  }
}

const mostQuestions = 100;
/** Of a request: Cardea takes 64 KiB, and tokens are long. */
const mostCharacters = 48_000;
/** Of a question beside its key. */
const besideKey = 200;
const mostRequests = 4;
const mostWaiting = 10_000;
const maxBytes = 8_388_608;

/** How many questions about it go into one request. */
export function mostAbout(key: string): number {
  const fitting = Math.floor(mostCharacters / (key.length + besideKey));
  return Math.min(mostQuestions, Math.max(1, fitting));
}

type Group = {
  questions: readonly Question[];
  resolve: (answers: Answers) => void;
  reject: (failure: KeysUnavailable) => void;
};

export function createApiKeyQuestions({
  settings: { endpoint, clientId, clientSecret, timeoutMs },
  http,
  report,
}: {
  settings: ApiKeySettings;
  http: Http;
  report: Report;
}): ApiKeyQuestions {
  // RFC 6749 section 2.3.1.
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  const headers = {
    accept: 'application/json',
    authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
    'content-type': 'application/json',
  };
  let waiting: Group[] = [];
  let waitingCount = 0;
  let requests = 0;
  let failures = 0;
  let downUntil = Number.NEGATIVE_INFINITY;
  let answeredAt = 0;
  let takesReports = false;

  const post = async (questions: readonly Question[]): Promise<Answers> => {
    const askedAt = performance.now();
    const keys = questions.map(({ key, address, isTold, refused, isLeaked }) => ({
      key,
      ...(address !== '' && { ip: address }),
      ...(isTold && takesReports && { used: true }),
      ...(refused && { refused }),
      ...(isLeaked && { leaked: 'query_string' }),
    }));
    report.counters.api_key_requests_total += 1;
    const answer = await http
      .post(endpoint, { headers, body: JSON.stringify({ keys }), timeoutMs, maxBytes })
      .catch((failure: Error) => {
        throw new KeysUnavailable(failure.message, true);
      });
    const { status, body } = answer;
    if (status !== 200) {
      throw new KeysUnavailable(`answered ${status}`, status >= 500 || status === 429);
    }
    const read = readAnswers(body, questions.length);
    if (!read) throw new KeysUnavailable('not an answer about keys', true);
    takesReports = read.takesReports;
    return { answers: read.answers, askedAt };
  };

  const succeeded = () => {
    failures = 0;
    downUntil = Number.NEGATIVE_INFINITY;
    answeredAt = Math.floor(Date.now() / 1000);
    report.sight('api_keys', endpoint, false, answeredAt);
  };

  const failed = (failure: KeysUnavailable) => {
    failures += 1;
    downUntil = performance.now() + backoff(failures, 500, 5000);
    report.event({ type: 'fetch_failed', uri: endpoint, reason: failure.message });
    report.sight('api_keys', endpoint, true, answeredAt);
    // They have waited already, and would again for as long.
    for (const { reject } of waiting) reject(failure);
    waiting = [];
    waitingCount = 0;
  };

  const exchange = async (groups: readonly Group[]) => {
    try {
      const { answers, askedAt } = await post(groups.flatMap(({ questions }) => questions));
      succeeded();
      let from = 0;
      for (const { questions, resolve } of groups) {
        resolve({ answers: answers.slice(from, from + questions.length), askedAt });
        from += questions.length;
      }
    } catch (cause) {
      const failure =
        cause instanceof KeysUnavailable ? cause : new KeysUnavailable('not an answer', true);
      for (const { reject } of groups) reject(failure);
      failed(failure);
    }
  };

  /** The first that wait, as many as one request takes. */
  const nextGroups = (): Group[] => {
    let count = 0;
    let characters = 0;
    const fits = ({ questions }: Group) => {
      const isFirst = count === 0;
      count += questions.length;
      for (const { key } of questions) characters += key.length + besideKey;
      return isFirst || (count <= mostQuestions && characters <= mostCharacters);
    };
    const end = waiting.findIndex((group) => !fits(group));
    const groups = waiting.splice(0, end < 0 ? waiting.length : end);
    for (const { questions } of groups) waitingCount -= questions.length;
    return groups;
  };

  const pump = () => {
    while (requests < mostRequests && waiting.length > 0) {
      requests += 1;
      exchange(nextGroups()).finally(() => {
        requests -= 1;
        pump();
      });
    }
  };

  return {
    ask(questions) {
      // While there is no hope, one request at a time finds out whether there is any again.
      const isHopeless = failures >= 2 && requests > 0;
      if (isHopeless || waitingCount + questions.length > mostWaiting) {
        return Promise.reject(new KeysUnavailable('no answer in sight', true));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ questions, resolve, reject });
        waitingCount += questions.length;
        // Not at once: what is asked in the same turn goes along.
        queueMicrotask(pump);
      });
    },
    takesReports: () => takesReports,
    isDown: () => performance.now() < downUntil,
  };
}
