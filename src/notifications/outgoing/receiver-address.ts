import { lookup } from 'node:dns/promises';
import { classifyHost } from '../../config/address-class.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Gives every address of a name. */
export type Resolve = (name: string) => Promise<readonly ResolvedAddress[]>;

export const resolveBySystem: Resolve = (name) => lookup(name, { all: true });

/** Where a hook may be sent to. `private`: also into private networks and to this machine, and there by plain http. */
export type Reach = 'public' | 'private';

/** A receiver that may not be sent to; the text names no address. */
export class ReceiverRefused extends Error {
  override readonly name = 'ReceiverRefused';
}

/**
 * The addresses of a receiver, each of them checked; a connection goes to one of these and to nothing that is resolved later, so that a
 * name that changes between the two cannot send us elsewhere.
 *
 * @throws {ReceiverRefused} where one of them is not allowed: an answer that mixes them is an attempt.
 */
export async function checkedAddresses(
  url: URL,
  reach: Reach,
  resolve: Resolve,
): Promise<readonly ResolvedAddress[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  refuse(url, host, reach);
  const addresses = await resolve(host);
  if (addresses.length === 0) throw new ReceiverRefused('the receiver has no address');
  for (const { address } of addresses) refuseAddress(url, address, reach);
  return addresses;
}

/** A name says nothing yet; `localhost` and a written address do. */
function refuse(url: URL, host: string, reach: Reach): void {
  if (classifyHost(host) !== 'public-or-name') refuseAddress(url, host, reach);
}

function refuseAddress(url: URL, address: string, reach: Reach): void {
  switch (classifyHost(address)) {
    case 'link-local':
      throw new ReceiverRefused('the receiver is at a link-local address, where clouds keep their metadata');
    case 'private':
    case 'loopback':
      if (reach === 'private') return;
      throw new ReceiverRefused(
        'the receiver is in a private network: set allowPrivateAddresses if that is meant',
      );
    case 'public-or-name':
      if (url.protocol === 'https:') return;
      throw new ReceiverRefused('plain http goes to private networks only');
  }
}
