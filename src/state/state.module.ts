import { Module, type DynamicModule } from '@nestjs/common';
import type { OpenState } from './open-state.ts';
import { StateStore } from './state-store.ts';

/** Gives the opened state to everything that Nest builds. Whoever opened it closes it, after Nest has ended. */
@Module({})
export class StateModule {
  static of(state: OpenState): DynamicModule {
    return {
      module: StateModule,
      global: true,
      providers: [{ provide: StateStore, useValue: state.store }],
      exports: [StateStore],
    };
  }
}
