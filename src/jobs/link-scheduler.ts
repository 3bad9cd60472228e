import type { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob, CronTime } from 'cron';
import type { LinkConfiguration } from '../config/configuration.ts';
import type { LiveConfiguration } from '../config/live-configuration.ts';
import type { CycleWish } from '../state/link-cycle.ts';
import type { LinkStateStore } from '../state/link-state.store.ts';
import { DIFF, type CycleRequests } from './cycle-requests.ts';
import { errorFields, type ServiceLog } from './service-log.ts';

export interface LinkSchedulerParts {
  readonly configuration: LiveConfiguration;
  readonly registry: SchedulerRegistry;
  readonly links: LinkStateStore;
  readonly requests: CycleRequests;
  readonly log: ServiceLog;
}

/**
 * Lets the schedule of every link ask for its cycles, in UTC. All replicas fire; the first to say so has the firing. A link whose
 * last firing lies further back than its schedule allows (a new link, a service that was down) fires at once.
 */
export class LinkScheduler {
  readonly #parts: LinkSchedulerParts;
  readonly #jobs = new Map<string, string>();

  constructor(parts: LinkSchedulerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.follow();
  }

  stop(): void {
    for (const name of this.#jobs.keys()) this.#remove(name);
  }

  /** Brings the jobs in line with the configuration. */
  follow(): void {
    const wanted = new Map(
      this.#parts.configuration.current.links.flatMap((link) =>
        plansOf(link).map((plan) => [plan.name, { plan, key: JSON.stringify([plan.schedule, plan.wish]) }]),
      ),
    );
    for (const name of this.#jobs.keys()) {
      if (wanted.get(name)?.key !== this.#jobs.get(name)) this.#remove(name);
    }
    for (const [name, { plan, key }] of wanted) {
      if (!this.#jobs.has(name)) this.#add(plan, key);
    }
  }

  /** When the schedule of a link fires next; `undefined` for a link that is not scheduled here. */
  nextCycleAt(link: string): Date | undefined {
    const name = cycleJob(link);
    return this.#jobs.has(name) ? this.#parts.registry.getCronJob(name).nextDate().toJSDate() : undefined;
  }

  #add(plan: Plan, key: string): void {
    const { registry } = this.#parts;
    const job = CronJob.from({
      cronTime: plan.schedule,
      timeZone: 'UTC',
      start: true,
      unrefTimeout: true,
      onTick: () => void this.#fire(plan, gapSeconds(plan.schedule) / 2),
    });
    registry.addCronJob(plan.name, job);
    this.#jobs.set(plan.name, key);
    // A verification is not caught up with: it is a long read, and the next one is as good.
    if (plan.name === cycleJob(plan.wish.link)) void this.#fire(plan, gapSeconds(plan.schedule));
  }

  #remove(name: string): void {
    this.#parts.registry.deleteCronJob(name);
    this.#jobs.delete(name);
  }

  async #fire({ name, wish }: Plan, gap: number): Promise<void> {
    const { links, requests, log } = this.#parts;
    try {
      const mark = name === cycleJob(wish.link) ? wish.link : name;
      if (await links.takeFiring(mark, gap)) await requests.request(wish);
    } catch (error) {
      log.warn({ link: wish.link, ...errorFields(error) }, 'the schedule could not ask for a cycle');
    }
  }
}

interface Plan {
  readonly name: string;
  readonly schedule: string;
  readonly wish: CycleWish;
}

function plansOf({ name, schedule, verification }: LinkConfiguration): readonly Plan[] {
  const common = { link: name, cause: 'schedule', scope: { kind: 'all' } } as const;
  const cycle: Plan = { name: cycleJob(name), schedule, wish: { ...common, work: DIFF } };
  if (verification.kind === 'off') return [cycle];
  const { depth } = verification;
  const verify: Plan = {
    name: `verify ${name}`,
    schedule: verification.schedule,
    wish: { ...common, work: { command: 'verify', depth } },
  };
  return [cycle, verify];
}

function cycleJob(link: string): string {
  return `cycle ${link}`;
}

/** Seconds between the next two firings. */
function gapSeconds(schedule: string): number {
  const [first, second] = new CronTime(schedule, 'UTC').sendAt(2);
  return first === undefined || second === undefined ? 0 : second.diff(first).as('seconds');
}
