import { Controller, HttpCode, HttpStatus, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { NotificationObserver } from '../../jobs/notification-observer.ts';
import { ServiceLog } from '../../jobs/service-log.ts';
import { readBody } from './body-reader.ts';
import { readDistributionEnvelope } from './distribution-envelope.ts';
import { EventIntake, type IntakeCounts } from './event-intake.ts';
import { HookRefusal } from './hook-refusal.ts';
import { HookRefusalFilter } from './hook-refusal.filter.ts';
import { HookDoor } from './hook-door.ts';

/**
 * Where registries tell what happened. It authenticates its callers itself, before it reads what they send: each hook has a secret
 * of its own, and registries do not read the description of the API, which is why it says nothing of hooks.
 */
@ApiExcludeController()
@Controller('hooks')
@UseFilters(HookRefusalFilter)
export class HooksController {
  readonly #door: HookDoor;
  readonly #intake: EventIntake;
  readonly #observer: NotificationObserver;
  readonly #log: ServiceLog;

  constructor(
    @Inject(HookDoor) door: HookDoor,
    @Inject(EventIntake) intake: EventIntake,
    @Inject(NotificationObserver) observer: NotificationObserver,
    @Inject(ServiceLog) log: ServiceLog,
  ) {
    this.#door = door;
    this.#intake = intake;
    this.#observer = observer;
    this.#log = log;
  }

  @Post('{*path}')
  @HttpCode(HttpStatus.ACCEPTED)
  async receive(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IntakeCounts> {
    const { path, headers, socket } = request;
    try {
      const hook = this.#door.admit({
        path,
        authorization: headers.authorization,
        address: socket.remoteAddress ?? '',
      });
      return await this.#intake.take(hook, readDistributionEnvelope(await readBody(request, response)));
    } catch (error) {
      if (error instanceof HookRefusal) this.#note(error, path);
      throw error;
    }
  }

  /** Of paths that are configured only: anybody can ask for others. */
  #note({ code, message }: HookRefusal, path: string): void {
    if (code === 'NOT_FOUND') return;
    this.#observer.received(path, 'refused', 1);
    this.#log.warn({ hook: path, code, reason: message }, 'a notification was refused');
  }
}
