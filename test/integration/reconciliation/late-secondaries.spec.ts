import { describe, expect, it } from '@jest/globals';
import { findUnreachable } from '../../../src/reconciliation/link-listing.ts';
import { RegistryError } from '../../../src/registry/registry-error.ts';
import { VirtualClock } from '../registry/virtual-clock.ts';

type Parameters_ = Parameters<typeof findUnreachable>;

const NEVER = new Promise<void>(() => undefined);

function refused(): Promise<void> {
  const request = { registry: 'us', side: 'secondary', operation: 'ping' } as const;
  return Promise.reject(new RegistryError({ code: 'NETWORK', request: request, detail: 'refused' }));
}

/** Asks a primary and secondaries whose pings come to this. */
function ask(
  clock: VirtualClock,
  primary: Promise<void>,
  secondaries: Readonly<Record<string, Promise<unknown>>>,
): ReturnType<typeof findUnreachable> {
  const context = { primary: { ping: () => primary }, clock } as unknown as Parameters_[0];
  const sides = Object.entries(secondaries).map(([secondary, ping]) => ({
    name: { link: 'link', secondary },
    client: { ping: () => ping },
  })) as unknown as Parameters_[1];
  return findUnreachable(context, sides);
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a secondary that does not answer', () => {
  it('is waited for no longer than twenty seconds once another one has', async () => {
    const clock = new VirtualClock('stopped');
    const asked = ask(clock, Promise.resolve(), { fast: Promise.resolve(), hanging: NEVER });
    let isOver = false;
    void asked.then(() => (isOver = true));
    await turn();
    clock.advance(19.9);
    await turn();
    const before = isOver;
    clock.advance(0.1);

    expect([...(await asked)]).toEqual([
      ['hanging', expect.objectContaining({ side: 'secondary', reason: 'TIMEOUT' })],
    ]);
    expect(before).toBe(false);
  });

  it('is waited for as long as it takes where no other one answers', async () => {
    const clock = new VirtualClock('stopped');
    const late = Promise.withResolvers<undefined>();
    const asked = ask(clock, Promise.resolve(), { dead: refused(), slow: late.promise });
    await turn();
    clock.advance(3600);
    await turn();
    late.resolve(undefined);

    expect([...(await asked).keys()]).toEqual(['dead']);
    expect(clock.waits).toEqual([]);
  });

  it('leaves nothing behind when it answers in time', async () => {
    const clock = new VirtualClock('stopped');
    const soon = Promise.withResolvers<undefined>();
    const asked = ask(clock, Promise.resolve(), { fast: Promise.resolve(), slow: soon.promise });
    await turn();
    soon.resolve(undefined);

    expect((await asked).size).toBe(0);
    await turn();
    expect(clock.asleep).toBe(0);
  });

  it('is out together with all others where the primary is', async () => {
    const asked = ask(new VirtualClock('stopped'), refused(), { us: Promise.resolve(), asia: refused() });

    expect([...(await asked).values()].map(({ side }) => side)).toEqual(['primary', 'primary']);
  });
});
