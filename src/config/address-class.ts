import { BlockList, isIP } from 'node:net';

/**
 * How far inside a network a host lies, judged by what is written: a name is not resolved, so a name that resolves to a
 * private address is `public-or-name` here and only a check of the connected address can see more.
 */
export type AddressClass = 'loopback' | 'private' | 'link-local' | 'public-or-name';

/** `169.254.0.0/16` and `fe80::/10`, and the metadata services of clouds that live elsewhere but are as local. */
const LINK_LOCAL = blockList(
  ['169.254.0.0', 16], // RFC 3927; 169.254.169.254 is the metadata service of most clouds
  ['fe80::', 10], // RFC 4291
  ['100.100.100.200', 32], // Alibaba Cloud metadata
  ['192.0.0.192', 32], // Oracle Cloud metadata
  ['168.63.129.16', 32], // Azure's host agent
  ['fd00:ec2::254', 128], // AWS metadata over IPv6
  ['fd20:ce::254', 128], // Google Cloud metadata over IPv6
);

/** What reaches this very host; Linux connects `0.0.0.0` and `::` to loopback. */
const LOOPBACK = blockList(['127.0.0.0', 8], ['0.0.0.0', 8], ['::1', 128], ['::', 128]);

/** Everything else that is not on the public Internet. */
const PRIVATE = blockList(
  ['10.0.0.0', 8], // RFC 1918
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10], // carrier-grade NAT, RFC 6598
  ['192.0.0.0', 24], // protocol assignments, RFC 6890
  ['198.18.0.0', 15], // benchmark networks, RFC 2544
  ['224.0.0.0', 3], // multicast, reserved, broadcast
  ['fc00::', 7], // unique local, RFC 4193
  ['fec0::', 10], // site-local, RFC 3879
  ['ff00::', 8], // multicast
  // Forms that carry an IPv4 address inside and may come out of a gateway as that address. Nobody writes a registry so.
  ['::', 96], // IPv4-compatible
  ['::ffff:0:0:0', 96], // IPv4-translated, RFC 2765
  ['64:ff9b::', 96], // NAT64, RFC 6052
  ['64:ff9b:1::', 48], // NAT64, RFC 8215
  ['2002::', 16], // 6to4, RFC 3056
);

/** How far inside a host lies. */
const DEPTH: Readonly<Record<AddressClass, number>> = {
  'public-or-name': 0,
  private: 1,
  loopback: 2,
  'link-local': 3,
};

/** How far inside a host may send us: as far as itself, but nobody to a link-local address, and that one nowhere inside. */
const REACH: Readonly<Record<AddressClass, number>> = { ...DEPTH, 'link-local': 0 };

/**
 * Returns the class of a host as it stands in a URL (brackets, trailing dots, decimal, octal and hexadecimal IPv4 forms and
 * IPv4-mapped IPv6 included; a port is ignored) or of a resolved IP address.
 */
export function classifyHost(hostname: string): AddressClass {
  const host = normalizeHost(hostname);
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback'; // RFC 6761 section 6.3
  const version = isIP(host);
  if (version === 0) return 'public-or-name';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  // Link-local first: it holds single addresses out of the private ranges. BlockList looks through ::ffff:a.b.c.d by itself.
  if (LINK_LOCAL.check(host, family)) return 'link-local';
  if (LOOPBACK.check(host, family)) return 'loopback';
  return PRIVATE.check(host, family) ? 'private' : 'public-or-name';
}

/**
 * Decides whether an answer of one host may send us to another: to itself always, else never further inside than it is,
 * and never to a link-local or metadata address.
 */
export function mayPointAt(from: string, to: string): boolean {
  return normalizeHost(from) === normalizeHost(to) || DEPTH[classifyHost(to)] <= REACH[classifyHost(from)];
}

/** Returns one spelling per host: the one `URL` gives, without brackets, zone, port and trailing dots. */
function normalizeHost(hostname: string): string {
  const bare = trimBrackets(hostname).replace(/%.*$/s, '');
  const url = isIP(bare) === 6 ? `http://[${bare}]/` : `http://${trimTrailingDots(hostname)}/`;
  return URL.canParse(url) ? trimTrailingDots(trimBrackets(new URL(url).hostname)) : hostname.toLowerCase();
}

function trimBrackets(hostname: string): string {
  return hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
}

/** A loop, as `/\.+$/` takes quadratic time on many dots that are not trailing. */
function trimTrailingDots(name: string): string {
  let end = name.length;
  while (end > 0 && name[end - 1] === '.') end -= 1;
  return name.slice(0, end);
}

function blockList(...subnets: readonly (readonly [network: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets)
    list.addSubnet(network, prefix, isIP(network) === 4 ? 'ipv4' : 'ipv6');
  return list;
}
