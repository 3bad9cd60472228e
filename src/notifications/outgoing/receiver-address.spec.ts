import { describe, expect, it } from '@jest/globals';
import { checkedAddresses, ReceiverRefused, type Reach } from './receiver-address.ts';

async function verdict(url: string, reach: Reach, ...addresses: readonly string[]): Promise<string> {
  const resolved = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  try {
    expect(await checkedAddresses(new URL(url), reach, () => Promise.resolve(resolved))).toEqual(resolved);
    return 'goes';
  } catch (error) {
    expect(error).toBeInstanceOf(ReceiverRefused);
    return 'refused';
  }
}

const INSIDE = [
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fc00::1',
  'fd12:3456::1',
  'fec0::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::7f00:1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
];

const METADATA = [
  '169.254.169.254',
  '169.254.0.1',
  'fe80::1',
  '::ffff:169.254.169.254',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
];

const OUTSIDE = ['93.184.216.34', '172.32.0.1', '2606:2800:220:1::1', '::ffff:93.184.216.34'];

const FORMS_OF_INSIDE = [
  'https://localhost/',
  'https://localhost./',
  'https://a.localhost/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://017700000001/',
  'https://0/',
  'https://[::1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::]/',
  'https://10.0.0.1:8443/',
  'https://①②⑦.⓪.⓪.①/',
];

describe('the address of a receiver', () => {
  it.each(OUTSIDE)('may be %s', async (address) => {
    expect(await verdict('https://hooks.example/', 'public', address)).toBe('goes');
  });

  it.each([...INSIDE, ...METADATA])('may not turn out to be %s', async (address) => {
    expect(await verdict('https://hooks.example/', 'public', address)).toBe('refused');
  });

  it.each(INSIDE)('may be %s where that is allowed, by plain http too', async (address) => {
    expect(await verdict('https://hooks.internal/', 'private', address)).toBe('goes');
    expect(await verdict('http://hooks.internal/', 'private', address)).toBe('goes');
  });

  it.each(METADATA)('may not be %s even then', async (address) => {
    expect(await verdict('https://hooks.internal/', 'private', address)).toBe('refused');
  });

  it.each(FORMS_OF_INSIDE)('may not be written as %s, whatever the resolver says', async (url) => {
    expect(await verdict(url, 'public', '93.184.216.34')).toBe('refused');
  });

  it('may not be one of several of which another is inside', async () => {
    expect(await verdict('https://hooks.example/', 'public', '93.184.216.34', '127.0.0.1')).toBe('refused');
    expect(await verdict('https://hooks.example/', 'public', '127.0.0.1', '93.184.216.34')).toBe('refused');
  });

  it('may not be public for plain http, and may not be none', async () => {
    expect(await verdict('http://hooks.example/', 'private', '93.184.216.34')).toBe('refused');
    expect(await verdict('https://hooks.example/', 'public')).toBe('refused');
  });
});
