import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  findRunningEmbeddedPostgres,
  isInitialised,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../../src/state/embedded/embedded-postgres.ts';
import { runStatement, traversableDirectory } from '../../databases/postgres-harness.ts';
import { HolderProcess, killWatchdogs, postgresProcesses, untilNoPostgres } from './holder-process.ts';

const itAsRoot = process.getuid?.() === 0 ? it : it.skip;
const NOBODY = 65534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

let parent: string;
let directory: string;
let messages: string[] = [];
const running: EmbeddedPostgres[] = [];
const holders: HolderProcess[] = [];

afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.stop();
  for (const holder of holders.splice(0)) await holder.kill();
  await untilNoPostgres(directory);
  messages = [];
});

async function makeDirectory(): Promise<void> {
  parent = await traversableDirectory();
  // A name that a shell would take apart where it is not quoted.
  directory = join(parent, "it's a data directory; % & *");
}

function removeDirectory(): Promise<void> {
  return rm(parent, { recursive: true, force: true });
}

async function start(on: string = directory): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ directory: on, log: (message) => messages.push(message) });
  running.push(postgres);
  return postgres;
}

function hold(...parameters: ConstructorParameters<typeof HolderProcess>): HolderProcess {
  const holder = new HolderProcess(...parameters);
  holders.push(holder);
  return holder;
}

function path(...names: string[]): string {
  return join(directory, 'postgres', ...names);
}

async function postmasterPid(): Promise<number> {
  const [pid] = (await readFile(path('cluster', 'postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}

describe('the embedded PostgreSQL on a new directory', () => {
  beforeEach(makeDirectory);
  afterEach(removeDirectory);

  it('is a PostgreSQL on loopback that asks for a password and keeps what was written', async () => {
    const before = [await isInitialised(directory), await findRunningEmbeddedPostgres(directory)];
    const first = await start();
    const found = await findRunningEmbeddedPostgres(directory);
    await runStatement(first.url.reveal(), 'CREATE TABLE kept AS SELECT 42 AS answer');
    const settings = await runStatement(
      first.url.reveal(),
      `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
        current_setting('password_encryption') AS encryption, current_setting('server_encoding') AS encoding,
        current_setting('data_checksums') AS checksums, current_setting('fsync') AS fsync`,
    );
    const wrong = new URL(first.url.reveal());
    wrong.password = 'wrong';

    await expect(runStatement(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await Promise.all([first.stop(), first.stop()]);
    const left = await postgresProcesses(directory);
    const after = await findRunningEmbeddedPostgres(directory);
    const second = await start();

    expect(before).toEqual([false, undefined]);
    expect(found?.url.reveal()).toBe(first.url.reveal());
    expect(settings).toEqual([
      {
        addresses: '127.0.0.1',
        sockets: '',
        encryption: 'scram-sha-256',
        encoding: 'UTF8',
        checksums: 'on',
        fsync: 'on',
      },
    ]);
    expect([left, after]).toEqual([[], undefined]);
    expect(await runStatement(second.url.reveal(), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(await isInitialised(directory)).toBe(true);
    expect((await stat(path('password'))).mode & 0o777).toBe(0o600);
    expect((await stat(path('cluster'))).mode & 0o777).toBe(0o700);
    expect(messages).toEqual([]);
  });

  it('begins anew where a crash left the making of a cluster half done', async () => {
    await mkdir(path('cluster.partial'), { recursive: true });
    await mkdir(path('runtime-18.4.partial'));
    await writeFile(path('cluster.partial', 'PG_VERSION'), '18\n');
    await writeFile(path('password'), 'of the cluster that never was');

    const before = await isInitialised(directory);
    await start();

    expect(before).toBe(false);
    expect((await readdir(path())).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('is made by one of two processes that come at the same time', async () => {
    const answers = await Promise.all([1, 2].map(() => hold(directory, 'hold').printed(/^(ready|[A-Z_]+ )/)));

    expect(answers.map((answer) => answer?.split(' ')[0]).sort()).toEqual(['IN_USE', 'ready']);
  });

  it('is refused where the directory cannot be made', async () => {
    await writeFile(join(parent, 'file'), '');

    await expect(start(join(parent, 'file', 'data'))).rejects.toMatchObject({
      name: 'StateError',
      code: 'DENIED',
    });
  });

  it.each(['a$HOME', 'a`id`', 'a"b', 'a\\b', 'a\nb'])(
    'is refused in %j, which initdb would hand to a shell',
    async (name) => {
      await expect(start(join(parent, name))).rejects.toMatchObject({ name: 'StateError', code: 'DENIED' });
      expect(await readdir(parent)).toEqual([]);
    },
  );

  itAsRoot('lies below /var/lib where others cannot pass the directory, and the log says so', async () => {
    const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16);
    const elsewhere = join('/var/lib/geo-reconciler', hash);
    await chmod(parent, 0o700);

    const postgres = await start();
    const found = await findRunningEmbeddedPostgres(directory);
    await postgres.stop();
    await rm(elsewhere, { recursive: true });

    expect(found?.url.reveal()).toBe(postgres.url.reveal());
    expect(messages).toEqual([expect.stringContaining(join(elsewhere, 'postgres'))]);
    expect(messages[0]).toContain(`pass ${parent}`);
    expect(await readdir(parent)).toEqual([]);
  });

  itAsRoot('runs for a user without any rights, and for root on the files of that user', async () => {
    await mkdir(directory);
    await chown(directory, NOBODY, NOBODY);
    const first = hold(directory, 'stop', AS_NOBODY);
    await first.ended;

    await (await start()).stop();
    const second = hold(directory, 'stop', AS_NOBODY);
    await second.ended;

    expect([first.lines, second.lines]).toEqual([['ready'], ['ready']]);
  });

  itAsRoot('runs as nobody for root whatever the umask, and is refused to nobody itself then', async () => {
    const umask = process.umask(0o077);
    await start().finally(() => process.umask(umask));
    const status = await readFile(`/proc/${await postmasterPid()}/status`, 'utf8');
    await running[0]!.stop();
    const nobody = hold(directory, 'stop', AS_NOBODY);

    expect(await nobody.printed(/./)).toMatch(/^DENIED .*run as the user/);
    expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^Gid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^Groups:\t\s*$/m);
  });
});

describe('the embedded PostgreSQL on a directory that has one', () => {
  beforeAll(async () => {
    await makeDirectory();
    await (await start()).stop();
  });
  afterAll(removeDirectory);

  it('serves one process and refuses a second, naming the first', async () => {
    const holder = hold(directory, 'hold');
    await holder.printed(/^ready/);

    await expect(start()).rejects.toMatchObject({
      name: 'StateError',
      code: 'IN_USE',
      message: expect.stringContaining(
        `is used by process ${holder.pid}, and it serves one process: stop that one`,
      ),
    });
    await holder.kill();

    await expect(start()).resolves.toBeDefined();
  });

  it('serves one caller of a process', async () => {
    await start();

    await expect(start()).rejects.toMatchObject({ code: 'IN_USE' });
  });

  it('is started by one of four processes that find the lock of a dead one', async () => {
    const dead = hold(directory, 'hold');
    await dead.printed(/^ready/);
    await dead.kill();

    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => hold(directory, 'hold').printed(/^(ready|[A-Z_]+ )/)),
    );

    expect(answers.map((answer) => answer?.split(' ')[0]).sort()).toEqual([
      'IN_USE',
      'IN_USE',
      'IN_USE',
      'ready',
    ]);
  });

  it('ends when its process is killed, and has every acknowledged row when it comes back', async () => {
    const holder = hold(directory, 'write');
    await holder.printed(/^200$/);

    await holder.kill();
    const acknowledged = Number(holder.lines.at(-1));
    await untilNoPostgres(directory);
    const { url } = await start();

    const [row] = await runStatement(
      url.reveal(),
      `SELECT count(*)::int AS rows FROM written WHERE id <= ${acknowledged}`,
    );
    expect(acknowledged).toBeGreaterThanOrEqual(200);
    expect(row).toEqual({ rows: acknowledged });
  });

  it('does not keep its process alive, and ends with it', async () => {
    const holder = hold(directory, 'leave');

    expect(await holder.ended).toBe(0);
    await expect(untilNoPostgres(directory)).resolves.toBeUndefined();
    expect(holder.lines).toEqual(['ready']);
  });

  it('can be stopped by a process that has nothing else to do', async () => {
    const holder = hold(directory, 'stop');

    expect(await holder.ended).toBe(0);
    expect(await postgresProcesses(directory)).toEqual([]);
  });

  it('takes over from a PostgreSQL whose watchdog was killed with its process', async () => {
    const holder = hold(directory, 'hold');
    await holder.printed(/^ready/);
    const pid = await postmasterPid();
    await killWatchdogs(directory);
    await holder.kill();
    const left = await postgresProcesses(directory);

    const { url } = await start();

    expect(left).toHaveLength(1);
    expect(messages).toEqual([expect.stringContaining(`process ${pid}`)]);
    expect(await runStatement(url.reveal(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('starts although the number in the file of a killed PostgreSQL is now another process', async () => {
    const lines = [process.ppid, path('cluster'), 1_700_000_000, 5432, '', '127.0.0.1', '', 'ready'];
    await writeFile(path('cluster', 'postmaster.pid'), `${lines.join('\n')}\n`);

    expect(await findRunningEmbeddedPostgres(directory)).toBeUndefined();
    await expect(start()).resolves.toBeDefined();
  });

  it('says so when it ends by itself', async () => {
    await start();

    process.kill(await postmasterPid(), 'SIGQUIT');

    expect(await firstMessage()).toMatch(/ended by itself.*immediate shutdown/);
  });

  it.each([
    {
      title: 'without a version',
      missing: ['cluster', 'PG_VERSION'],
      error: { code: 'CORRUPT', message: expect.stringContaining('PG_VERSION is missing') },
    },
    {
      title: 'without its password',
      missing: ['password'],
      error: { code: 'CORRUPT', message: expect.stringContaining('password is missing') },
    },
    {
      title: 'without its control file',
      missing: ['cluster', 'global', 'pg_control'],
      error: { code: 'START_FAILED', message: expect.stringContaining('pg_control') },
    },
  ])('is refused on files $title, and starts when they are whole again', async ({ missing, error }) => {
    await rename(path(...missing), path('hidden'));
    await expect(start()).rejects.toMatchObject({ name: 'StateError', ...error });
    expect(await postgresProcesses(directory)).toEqual([]);
    await rename(path('hidden'), path(...missing));

    await expect(start()).resolves.toBeDefined();
  });

  it('is refused on files of another major version', async () => {
    await writeFile(path('cluster', 'PG_VERSION'), '17\n');
    await expect(start()).rejects.toMatchObject({
      code: 'WRONG_VERSION',
      message: expect.stringMatching(/PostgreSQL 17.* brings 18/),
    });
    await writeFile(path('cluster', 'PG_VERSION'), '18\n');

    await expect(start()).resolves.toBeDefined();
  });
});

async function firstMessage(): Promise<string> {
  for (;;) {
    const [message] = messages;
    if (message !== undefined) return message;
    await sleep(10);
  }
}
