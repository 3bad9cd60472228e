import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { openState } from './open-state.ts';
import { StateModule } from './state.module.ts';
import { StateStore } from './state-store.ts';

describe('the state module', () => {
  it('gives the opened store to whoever asks for one, and leaves closing to whoever opened it', async () => {
    const state = await openState({ kind: 'memory' }, 'read-write', () => undefined);
    const module = await Test.createTestingModule({ imports: [StateModule.of(state)] }).compile();
    const store = module.get(StateStore);

    await module.close();

    expect(store).toBe(state.store);
    await expect(store.loadCycle('never')).resolves.toBeUndefined();
  });
});
