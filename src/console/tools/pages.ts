/**
 * The inspector, its request tester and the guide, as pages of the console.
 */
import type { ConsolePage, FramedPage } from '../page.ts';

export const inspectPath = '/inspect';
export const inspectCommand = 'Inspect a token or key';

const inspect: FramedPage = { name: 'inspect', title: 'Inspector', path: inspectPath };
const requests: FramedPage = {
  ...{ name: 'requests', title: 'Request tester', path: '/inspect/requests' },
};
const guide: FramedPage = {
  ...{ name: 'guide', title: 'Which credential', path: '/which-credential' },
};

function framed(
  page: FramedPage,
  { method, section, command }: Pick<ConsolePage, 'method' | 'section' | 'command'>,
): ConsolePage {
  return {
    ...{ path: page.path, method, name: page.name, section, command },
    handle: async () => ({ framed: page }),
  };
}

export const toolPages: readonly ConsolePage[] = [
  framed(inspect, { method: 'GET', section: 'inspector', command: inspectCommand }),
  framed(inspect, { method: 'POST', section: 'inspector' }),
  framed(requests, { method: 'GET', section: 'inspector', command: 'Try a request' }),
  framed(requests, { method: 'POST', section: 'inspector' }),
  framed(guide, { method: 'GET', section: 'which_credential' }),
];
