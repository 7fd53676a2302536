import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createAddressResolver, ownAddress } from '../../src/net/client_address.ts';

const resolve = createAddressResolver(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);
const ipOf = (remote: string, headers: Record<string, string>) => resolve(remote, headers).ip;

describe('Client address detection', () => {
  test('Forwarding headers from an untrusted peer are ignored', () => {
    const spoofed = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=198.51.100.1' };
    assert.equal(ipOf('203.0.113.9', spoofed), '203.0.113.9');
    assert.equal(resolve('203.0.113.9', spoofed).viaTrustedProxy, false);
    assert.equal(createAddressResolver([])('127.0.0.1', spoofed).ip, '127.0.0.1');
  });

  test('The forwarding chain is read from the right and ends at the first untrusted hop', () => {
    const chain = { 'x-forwarded-for': '6.6.6.6, 198.51.100.7, 10.1.1.1' };
    assert.equal(ipOf('127.0.0.1', chain), '198.51.100.7');
    assert.equal(ipOf('127.0.0.1', { 'x-forwarded-for': '10.0.0.9, 10.0.0.8' }), '10.0.0.9');
  });

  test('Both header families are read, with ports, brackets and quotes', () => {
    const cases: [Record<string, string>, string][] = [
      [{ forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43' }, '192.0.2.60'],
      [{ forwarded: 'For="[2001:db8:cafe::17]:4711"' }, '2001:db8:cafe::17'],
      [{ forwarded: 'for=6.6.6.6, for="192.0.2.1:8080" ; proto=http' }, '192.0.2.1'],
      [{ 'x-forwarded-for': '192.0.2.1:1234' }, '192.0.2.1'],
      [{ 'x-forwarded-for': '[2001:DB8::1]:1234' }, '2001:db8::1'],
      [{ 'x-forwarded-for': '2001:0db8:0::0001' }, '2001:db8::1'],
      [{ 'x-forwarded-for': '::ffff:192.0.2.5' }, '192.0.2.5'],
      // A zone (RFC 4007) means something on its own host only.
      [{ 'x-forwarded-for': 'fe80::1%eth0' }, 'fe80::1'],
      [{ 'x-forwarded-for': '::ffff:192.0.2.5%0:1.2.3.4, 192.0.2.7' }, '192.0.2.7'],
      [{ 'x-forwarded-for': '::ffff:192.0.2.5%0:1.2.3.4' }, '192.0.2.5'],
    ];
    for (const [headers, expected] of cases) assert.equal(ipOf('127.0.0.1', headers), expected);
  });

  test('An IPv4-mapped IPv6 address is matched as IPv4', () => {
    assert.equal(ipOf('::ffff:10.0.0.1', { 'x-forwarded-for': '192.0.2.1' }), '192.0.2.1');
    const mapped = createAddressResolver(['::ffff:10.0.0.0/104']);
    assert.equal(mapped('10.2.3.4', { 'x-forwarded-for': '192.0.2.1' }).ip, '192.0.2.1');
  });

  test('A hidden or malformed hop ends the chain at the last known address', () => {
    const unusable = [
      'unknown',
      '_hidden',
      '',
      '0x7f.1',
      '127.1',
      '1.2.3.4.5',
      'evil\u0000',
      '::g',
    ];
    for (const hop of unusable) {
      assert.equal(ipOf('10.0.0.1', { 'x-forwarded-for': `6.6.6.6, ${hop}` }), '10.0.0.1', hop);
    }
    assert.equal(ipOf('10.0.0.1', { forwarded: 'for=6.6.6.6, for="unclosed' }), '10.0.0.1');
    assert.equal(ipOf('10.0.0.1', { forwarded: 'for=6.6.6.6 nonsense' }), '10.0.0.1');
  });

  test('Two forwarding headers that disagree are both ignored', () => {
    const headers = { forwarded: 'for=6.6.6.6', 'x-forwarded-for': '192.0.2.1' };
    assert.equal(ipOf('127.0.0.1', headers), '127.0.0.1');
    assert.equal(ipOf('127.0.0.1', { ...headers, forwarded: 'for=192.0.2.1' }), '192.0.2.1');
  });

  test("A client that the proxy does not report has no address, not even the proxy's", () => {
    const own = (remote: string, headers: Record<string, string>) =>
      ownAddress(resolve(remote, headers));
    const untold: Record<string, string>[] = [
      { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=6.6.6.6' },
      { 'x-forwarded-for': '192.0.2.1', forwarded: 'nonsense' },
      { forwarded: '", for=192.0.2.1' },
      { 'x-forwarded-for': '192.0.2.1, unknown' },
      { 'x-forwarded-for': '192.0.2.1, unknown, 10.0.0.2' },
    ];
    for (const headers of untold) assert.equal(own('10.0.0.1', headers), '');
    assert.equal(own('10.0.0.1', { 'x-forwarded-for': 'unknown, 192.0.2.1' }), '192.0.2.1');
    assert.equal(own('10.0.0.1', {}), '10.0.0.1');
    assert.equal(own('192.0.2.1', untold[0] ?? {}), '192.0.2.1');
  });

  test('The protocol and host are those that the outermost trusted proxy saw', () => {
    const single = {
      'x-forwarded-for': '192.0.2.1, 10.0.0.5',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'id.example',
    };
    assert.deepEqual(resolve('127.0.0.1', single), {
      ip: '192.0.2.1',
      isHidden: false,
      viaTrustedProxy: true,
      protocol: 'https',
      host: 'id.example',
    });
    const spoofed = { 'x-forwarded-for': '6.6.6.6, 192.0.2.1', 'x-forwarded-proto': 'https, http' };
    assert.equal(resolve('127.0.0.1', spoofed).protocol, 'http');
  });

  test('Any combination of headers gives an address without an exception', () => {
    const zone = fc.tuple(fc.ipV6(), fc.string()).map((parts) => parts.join('%'));
    const node = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constant('"[::1'), zone);
    const header = fc.array(node, { maxLength: 6 }).map((nodes) => nodes.join(','));
    fc.assert(
      fc.property(header, header, (forwarded, xForwardedFor) => {
        const { ip } = resolve('10.0.0.1', { forwarded, 'x-forwarded-for': xForwardedFor });
        assert.match(ip, /^[0-9a-f.:]+$/);
      }),
    );
  });

  test('A hostile header of maximum length is parsed in linear time', () => {
    const spaces = `for=1.2.3.4${' '.repeat(16_000)}x`;
    const escapes = `for="${'\\"'.repeat(8000)}`;
    for (const forwarded of [spaces, escapes, ' '.repeat(16_000), ','.repeat(16_000)]) {
      assert.equal(ipOf('10.0.0.1', { forwarded }), '10.0.0.1');
    }
  });
});
