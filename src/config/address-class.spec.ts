import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type AddressClass, classifyHost, mayPointAt } from './address-class.ts';

const spellings: Readonly<Record<AddressClass, readonly string[]>> = {
  loopback: [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'app.localhost',
    'localhost:5000',
    '127.0.0.1',
    '127.0.0.1.',
    '127.255.255.254',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '017700000001',
    '0177.0.0.1',
    '①②⑦.0.0.1',
    '0.0.0.0',
    '0',
    '0.1.2.3',
    '::1',
    '[::1]',
    '[::1]:5000',
    '[0:0:0:0:0:0:0:1]',
    '::',
    '[::]',
    '::ffff:127.0.0.1',
    '[::ffff:7f00:1]',
    '[::ffff:0.0.0.0]',
  ],
  'link-local': [
    '169.254.169.254',
    '169.254.169.254.',
    '169.254.169.254..',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '169.254.0.1',
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    'fe80::1',
    '[fe80::1]',
    'fe80::1%eth0',
    'febf::1',
    'fd00:ec2::254',
    '[fd00:ec2:0::254]',
    '[FD20:CE::254]',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
  ],
  private: [
    '10.0.0.1',
    '10.255.255.255',
    '167772161',
    '012.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.168.257',
    '100.64.0.1',
    '100.127.255.255',
    '192.0.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '[::ffff:10.0.0.1]',
    '[::ffff:c0a8:101]',
    'fc00::1',
    '[fd12:3456::1]',
    'fec0::1',
    'ff02::1',
    '[::127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::169.254.169.254]',
    '[64:ff9b:1::1]',
    '[2002:7f00:1::]',
  ],
  'public-or-name': [
    '8.8.8.8',
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '223.255.255.255',
    '2606:4700::1111',
    '[2606:4700::1111]',
    '[::ffff:8.8.8.8]',
    'fbff::1',
    'fe00::1',
    'registry.example',
    'registry.internal',
    'localhost.example',
    'notlocalhost',
    '127.0.0.1.nip.io',
    '10.0.0.example',
    '',
    '.',
    '%00',
    'a b',
    '300.1.1.1',
  ],
};

const rows = Object.entries(spellings).flatMap(([expected, hosts]) =>
  hosts.map((host) => [host, expected] as const),
);

describe('classifyHost', () => {
  it.each(rows)('says that %j is %s', (host, expected) => {
    expect(classifyHost(host)).toBe(expected);
  });

  it('says the same of every spelling of an IPv4 address', () => {
    const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(octets, ([a, b, c, d]) => {
        const number = ((a * 256 + b) * 256 + c) * 256 + d;
        const hex = (value: number) => `0x${value.toString(16)}`;
        const octal = (value: number) => `0${value.toString(8)}`;
        const expected = classifyHost(`${a}.${b}.${c}.${d}`);
        expect([
          classifyHost(`${a}.${b}.${c}.${d}.`),
          classifyHost(String(number)),
          classifyHost(hex(number)),
          classifyHost(`${hex(a)}.${octal(b)}.${c}.${hex(d)}`),
          classifyHost(`${a}.${b}.${c * 256 + d}`),
          classifyHost(`[::ffff:${a}.${b}.${c}.${d}]`),
          classifyHost(`${a}.${b}.${c}.${d}:5000`),
        ]).toEqual(Array.from({ length: 7 }, () => expected));
      }),
      { numRuns: 2000 },
    );
  });

  it('says one of the four of any text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('[', ']', ':', '.', '%', '127', '::', '0x', '@', '/'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (hostname) => {
        expect(Object.keys(spellings)).toContain(classifyHost(hostname));
      }),
      { numRuns: 10_000 },
    );
  });

  it.each(['.', '[', '%', '127.', ':'])('says something of 100 kB of %j', (unit) => {
    expect(Object.keys(spellings)).toContain(classifyHost(unit.repeat(100_000)));
  });
});

describe('mayPointAt', () => {
  it.each<[string, string]>([
    ['registry.example', 'storage.example'],
    ['registry.example', '8.8.8.8'],
    ['127.0.0.1', 'localhost'],
    ['127.0.0.1', '10.0.0.1'],
    ['127.0.0.1', 'storage.example'],
    ['10.0.0.1', '192.168.0.1'],
    ['10.0.0.1', '8.8.8.8'],
    ['169.254.1.1', '169.254.1.1'],
    ['169.254.1.1', 'storage.example'],
    ['10.0.0.1', '[::ffff:10.0.0.1]'],
  ])('lets %s point at %s', (from, to) => {
    expect(mayPointAt(from, to)).toBe(true);
  });

  it.each<[string, string]>([
    ['registry.example', '127.0.0.1'],
    ['registry.example', 'localhost'],
    ['registry.example', '10.0.0.1'],
    ['registry.example', '169.254.169.254'],
    ['8.8.8.8', '[fd00::1]'],
    ['10.0.0.1', '127.0.0.1'],
    ['10.0.0.1', '169.254.169.254'],
    ['127.0.0.1', '169.254.169.254'],
    ['127.0.0.1', 'fd00:ec2::254'],
    ['169.254.1.1', '10.0.0.1'],
    ['169.254.1.1', '169.254.1.2'],
  ])('does not let %s point at %s', (from, to) => {
    expect(mayPointAt(from, to)).toBe(false);
  });
});
