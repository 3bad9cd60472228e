import { describe, expect, it } from '@jest/globals';
import { SecondaryTurns } from './secondary-turns.ts';

describe('turns on secondaries', () => {
  it('are bounded for each secondary by itself', async () => {
    const turns = new SecondaryTurns(['fast', 'slow'], 2);
    const gate = Promise.withResolvers<undefined>();
    const begun: string[] = [];
    const slow = ['a', 'b', 'c'].map((name) =>
      turns.take('slow', async () => {
        begun.push(`slow ${name}`);
        await gate.promise;
      }),
    );
    for (const name of ['a', 'b', 'c']) {
      await turns.take('fast', () => {
        begun.push(`fast ${name}`);
        return Promise.resolve();
      });
    }
    expect(begun).toEqual(['slow a', 'slow b', 'fast a', 'fast b', 'fast c']);

    gate.resolve(undefined);
    await Promise.all(slow);
    expect(begun.at(-1)).toBe('slow c');
  });

  it('end with the failure of the work, and the next one comes all the same', async () => {
    const turns = new SecondaryTurns(['us'], 1);
    const failing = turns.take('us', () => Promise.reject(new Error('no')));
    const next = turns.take('us', () => Promise.resolve());
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBeUndefined();
  });
});
