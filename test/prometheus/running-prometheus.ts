import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { stringify } from 'yaml';
import { z } from 'zod';

import { freePort } from '../registries/registry-readiness.ts';
import { superviseProcess, type SupervisedProcess } from '../registries/supervised-process.ts';
import type { PrometheusPrograms } from './prometheus-programs.ts';

/** What Prometheus is to scrape. */
interface ScrapeJob {
  readonly job: string;
  /** Each `host:port`, or a URL without a path. */
  readonly targets: readonly string[];
  readonly bearerToken?: string;
  /** Added to every series of the job. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Default 1: tests wait for scrapes. */
  readonly intervalSeconds?: number;
  /** Default the interval: Prometheus allows no more. */
  readonly timeoutSeconds?: number;
}

export interface PrometheusOptions {
  readonly jobs: readonly ScrapeJob[];
  /** Absolute paths of rule files. */
  readonly ruleFiles?: readonly string[];
  /** Default 1. */
  readonly evaluationSeconds?: number;
}

/** One series at one moment. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One series over time; `values` are pairs of Unix seconds and value. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, number])[];
}

export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
  readonly stepSeconds: number;
}

/** An expression that Prometheus refuses; the message is its own, with the expression. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}

/** Prometheus opens an empty database in well under a second; 30 s is a machine that swaps. */
const START_TIMEOUT_SECONDS = 30;
/** It writes its head block when it is told to end, which for a test is next to nothing. */
const STOP_TIMEOUT_SECONDS = 10;
/** Another process may take the free port between the look and the use; three times in a row is something else. */
const PORT_ATTEMPTS = 3;
const POLL_SECONDS = 0.1;

/** A real Prometheus on a port of loopback, with its data in a temporary directory. */
export class RunningPrometheus {
  readonly url: string;
  readonly #directory: string;
  readonly #process: SupervisedProcess;

  private constructor(url: string, directory: string, process: SupervisedProcess) {
    this.url = url;
    this.#directory = directory;
    this.#process = process;
  }

  /** Starts it and waits until it is ready. Throws where it does not come up, with the end of its log in the message. */
  static async start(programs: PrometheusPrograms, options: PrometheusOptions): Promise<RunningPrometheus> {
    const directory = await mkdtemp(join(tmpdir(), 'geo-reconciler-prometheus-'));
    try {
      await writeFile(join(directory, 'prometheus.yml'), stringify(configurationOf(options)));
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await startIn(directory, programs, (...parts) => new RunningPrometheus(...parts));
        } catch (error) {
          const portTaken = error instanceof Error && error.message.includes('address already in use');
          if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
        }
      }
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** The value of every series of an expression at a moment, default now. Throws `QueryError` for one that cannot be evaluated. */
  async query(expression: string, at?: Date): Promise<readonly Sample[]> {
    const time = at === undefined ? {} : { time: String(at.getTime() / 1000) };
    const result = VectorShape.parse(await this.#ask('query', { query: expression, ...time }));
    // A scalar (`vector` is not around it) comes without labels.
    if (result.resultType === 'scalar') return [{ labels: {}, value: Number(result.result[1]) }];
    return result.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** The value of an expression that has one series. */
  async valueOf(expression: string): Promise<number> {
    const samples = await this.query(expression);
    const [sample] = samples;
    if (sample === undefined || samples.length > 1)
      throw new QueryError(`${samples.length} series instead of one: ${expression}`);
    return sample.value;
  }

  async queryRange(expression: string, { from, to, stepSeconds }: TimeRange): Promise<readonly Series[]> {
    const data = await this.#ask('query_range', {
      query: expression,
      start: String(from.getTime() / 1000),
      end: String(to.getTime() / 1000),
      step: String(stepSeconds),
    });
    return MatrixShape.parse(data).result.map(({ metric, values }) => ({
      labels: metric,
      values: values.map(([time, value]) => [time, Number(value)] as const),
    }));
  }

  /** Asks again and again until what the expression gives passes; for use with the time limit of the test around it. */
  async waitFor(
    expression: string,
    passes: (samples: readonly Sample[]) => boolean,
  ): Promise<readonly Sample[]> {
    for (;;) {
      const samples = await this.query(expression);
      if (passes(samples)) return samples;
      await sleep(POLL_SECONDS * 1000);
    }
  }

  /** Waits until an expression of one series has a value. */
  async waitForValue(expression: string, value: number): Promise<void> {
    await this.waitFor(expression, (samples) => samples.length === 1 && samples[0]?.value === value);
  }

  /** Names of alerts, each as often as it fires. */
  async firingAlerts(): Promise<readonly string[]> {
    const samples = await this.query('ALERTS{alertstate="firing"}');
    return samples.map(({ labels }) => labels.alertname ?? '').sort();
  }

  /** Ends it and removes its data. May be called twice. */
  async stop(): Promise<void> {
    await endProcess(this.#process);
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #ask(route: 'query' | 'query_range', parameters: Record<string, string>): Promise<unknown> {
    const answer = await fetch(`${this.url}/api/v1/${route}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    const body = AnswerShape.parse(await answer.json());
    if (body.status === 'error') throw new QueryError(`${body.error}: ${parameters.query ?? ''}`);
    return body.data;
  }
}

type Construct = (url: string, directory: string, process: SupervisedProcess) => RunningPrometheus;

async function startIn(
  directory: string,
  { prometheus }: PrometheusPrograms,
  construct: Construct,
): Promise<RunningPrometheus> {
  const address = `127.0.0.1:${await freePort()}`;
  const logFile = join(directory, 'prometheus.log');
  const child = await superviseProcess({
    file: prometheus,
    args: [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ],
    env: process.env,
    logFile,
    scratchDirectory: directory,
  });
  const deadline = performance.now() + START_TIMEOUT_SECONDS * 1000;
  while (child.isRunning() && performance.now() < deadline) {
    if ((await isReady(`http://${address}`)) && child.isRunning())
      return construct(`http://${address}`, directory, child);
    await sleep(POLL_SECONDS * 1000);
  }
  const what = child.isRunning() ? `was not ready within ${START_TIMEOUT_SECONDS} s` : 'ended at once';
  await endProcess(child);
  const log = await readFile(logFile, 'utf8').catch(() => '');
  throw new Error(`${prometheus} ${what}: ${log.trim().slice(-2_000)}`);
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

async function endProcess(child: SupervisedProcess): Promise<void> {
  child.signal('TERM');
  const forced = setTimeout(() => child.signal('KILL'), STOP_TIMEOUT_SECONDS * 1000);
  await child.exited();
  clearTimeout(forced);
}

function configurationOf({ jobs, ruleFiles = [], evaluationSeconds = 1 }: PrometheusOptions): object {
  return {
    global: { evaluation_interval: `${evaluationSeconds}s` },
    rule_files: ruleFiles,
    scrape_configs: jobs.map(
      ({ job, targets, bearerToken, labels, intervalSeconds = 1, timeoutSeconds = intervalSeconds }) => ({
        job_name: job,
        scrape_interval: `${intervalSeconds}s`,
        scrape_timeout: `${timeoutSeconds}s`,
        static_configs: [{ targets: targets.map((target) => target.replace(/^http:\/\//, '')), labels }],
        ...(bearerToken === undefined ? {} : { authorization: { credentials: bearerToken } }),
      }),
    ),
  };
}

/** A moment in Unix seconds and a number as text, which knows `NaN` and `+Inf`. */
const Point = z.tuple([z.number(), z.string()]);
const Labels = z.record(z.string(), z.string());
const AnswerShape = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: z.unknown() }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);
const VectorShape = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: Labels, value: Point })) }),
  z.object({ resultType: z.literal('scalar'), result: Point }),
]);
const MatrixShape = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: Labels, values: z.array(Point) })),
});
