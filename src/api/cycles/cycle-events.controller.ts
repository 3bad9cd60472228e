import {
  Controller,
  Headers,
  Inject,
  Param,
  Sse,
  SseSignal,
  UseGuards,
  type MessageEvent,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Observable } from 'rxjs';
import { errorFields, ServiceLog } from '../../jobs/service-log.ts';
import { CycleViewStore } from '../../state/views/cycle-view.store.ts';
import { RequiresRole } from '../auth/requires-role.ts';
import { API_BASE } from '../http/api-base.ts';
import { LongRequests, type LongRequest } from '../http/long-requests.ts';
import { RequestClock } from '../http/request-clock.ts';
import { DescribedRoute } from '../openapi/described-route.ts';
import { CycleFollower } from './cycle-follower.ts';
import { CYCLE_PATH, type CyclePath } from './cycle-path.ts';
import { placeOfEventId } from './event-place.ts';
import { KnownCycleGuard } from './known-cycle.guard.ts';

/** Proxies give up on a connection that is silent for a minute, and some for half of one. */
const HEARTBEAT_SECONDS = 15;

const HEARTBEAT: MessageEvent = { comment: 'still here' };

/** Cycles as they go on. */
@ApiTags('cycles')
@Controller(`${API_BASE}/cycles/:id`)
@RequiresRole('viewer')
export class CycleEventsController {
  readonly #views: CycleViewStore;
  readonly #requests: LongRequests;
  readonly #clock: RequestClock;
  readonly #log: ServiceLog;

  constructor(
    @Inject(CycleViewStore) views: CycleViewStore,
    @Inject(LongRequests) requests: LongRequests,
    @Inject(RequestClock) clock: RequestClock,
    @Inject(ServiceLog) log: ServiceLog,
  ) {
    this.#views = views;
    this.#requests = requests;
    this.#clock = clock;
    this.#log = log;
  }

  @Sse('events')
  @UseGuards(KnownCycleGuard)
  @DescribedRoute({
    summary: 'Follows a cycle to its end, as server-sent events',
    description:
      'Events: `status` (the cycle, whenever it changes), `repository` (what became of one repository on one secondary), `progress` (repositories done, and totals so far), `finished` (the cycle with its results; the stream ends). A new reader is told what happened before. `Last-Event-ID` goes on after an event; an event may then come twice. The answer is the same from every replica. GET /api/v1/cycles/{id} has the steps.',
    answer: { status: 200, description: 'The events', mediaTypes: ['text/event-stream'] },
    problems: ['NOT_FOUND', 'TOO_MANY_REQUESTS'],
  })
  events(
    @Param({ schema: CYCLE_PATH }) { id }: CyclePath,
    @Headers('last-event-id') lastEventId: string | undefined,
    @SseSignal() closed: AbortSignal,
  ): Observable<MessageEvent> {
    const request = this.#requests.enter();
    closed.addEventListener('abort', () => request.leave(), { once: true });
    return this.#stream(id, lastEventId, request);
  }

  #stream(id: string, lastEventId: string | undefined, request: LongRequest): Observable<MessageEvent> {
    return new Observable((subscriber) => {
      const end = new AbortController();
      const signal = AbortSignal.any([end.signal, request.signal]);
      const follower = new CycleFollower(this.#views, this.#clock);
      let spokenAt = this.#clock.monotonicSeconds();
      const speak = (event: MessageEvent): void => {
        spokenAt = this.#clock.monotonicSeconds();
        subscriber.next(event);
      };
      const follow = async (): Promise<void> => {
        for await (const event of follower.follow(id, placeOfEventId(lastEventId), signal)) speak(event);
      };
      const beat = async (): Promise<void> => {
        while (!signal.aborted) {
          const silence = this.#clock.monotonicSeconds() - spokenAt;
          if (silence >= HEARTBEAT_SECONDS) speak(HEARTBEAT);
          await this.#clock.sleep(Math.max(1, HEARTBEAT_SECONDS - silence), signal).catch(() => undefined);
        }
      };
      void beat();
      follow()
        .catch((error: unknown) => this.#log.error(errorFields(error), 'a cycle could not be followed'))
        .finally(() => subscriber.complete());
      return () => {
        end.abort();
        request.leave();
      };
    });
  }
}
