import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import {
  findRunningEmbeddedPostgres,
  isInitialised,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../../src/state/embedded/embedded-postgres.ts';
import { runStatement, traversableDirectory } from '../../databases/postgres-harness.ts';
import { HolderProcess, postgresProcesses, untilNoPostgres } from './holder-process.ts';

const isRoot = process.getuid?.() === 0;
const itAsRoot = isRoot ? it : it.skip;

let parent: string;
let directory: string;
let messages: string[];
const running: EmbeddedPostgres[] = [];
const holders: HolderProcess[] = [];

beforeEach(async () => {
  parent = await traversableDirectory();
  directory = join(parent, 'data');
  messages = [];
});

afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.stop();
  for (const holder of holders.splice(0)) await holder.kill();
  await untilNoPostgres(directory);
  await rm(parent, { recursive: true, force: true });
});

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

describe('the embedded PostgreSQL', () => {
  it('is a PostgreSQL on loopback that asks for a password and keeps what was written', async () => {
    expect(await isInitialised(directory)).toBe(false);
    const first = await start();
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
    expect(await postgresProcesses(directory)).toEqual([]);
    const second = await start();

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
    expect(await runStatement(second.url.reveal(), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(await isInitialised(directory)).toBe(true);
    expect((await stat(path('password'))).mode & 0o777).toBe(0o600);
    expect((await stat(path('cluster'))).mode & 0o777).toBe(0o700);
    expect(messages).toEqual([]);
  });

  it('is found by others while it runs, and only then', async () => {
    const before = await findRunningEmbeddedPostgres(directory);
    const postgres = await start();
    const found = await findRunningEmbeddedPostgres(directory);
    await postgres.stop();

    expect(before).toBeUndefined();
    expect(found?.url.reveal()).toBe(postgres.url.reveal());
    expect(await findRunningEmbeddedPostgres(directory)).toBeUndefined();
  });

  it('serves one process and refuses a second, naming the first', async () => {
    const holder = hold(directory, 'hold');
    await holder.printed(/^ready/);

    await expect(start()).rejects.toMatchObject({
      name: 'StateError',
      code: 'IN_USE',
      message: expect.stringMatching(new RegExp(`process ${holder.pid}\\b.*stop that one`)),
    });
    await holder.kill();

    await expect(start()).resolves.toBeDefined();
  });

  it('serves one caller of a process', async () => {
    await start();

    await expect(start()).rejects.toMatchObject({ code: 'IN_USE' });
  });

  it('is started once when four processes come at the same time, on a directory that a dead one left', async () => {
    const dead = hold(directory, 'hold');
    await dead.printed(/^ready/);
    await dead.kill();

    const four = [1, 2, 3, 4].map(() => hold(directory, 'hold'));
    const answers = await Promise.all(four.map((holder) => holder.printed(/^(ready|[A-Z_]+ )/)));

    expect(answers.filter((answer) => answer === 'ready')).toHaveLength(1);
    expect(answers.filter((answer) => answer?.startsWith('IN_USE'))).toHaveLength(3);
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
    await untilNoPostgres(directory);
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
    const [pid = ''] = (await readFile(path('cluster', 'postmaster.pid'), 'utf8')).split('\n');
    await killAllBut(Number(pid), holder);
    const left = await postgresProcesses(directory);

    const { url } = await start();

    expect(left).toHaveLength(1);
    expect(messages).toEqual([expect.stringContaining(`process ${pid}`)]);
    expect(await runStatement(url.reveal(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('starts although the number in the file of a killed PostgreSQL is now another process', async () => {
    await (await start()).stop();
    const lines = [process.ppid, path('cluster'), 1_700_000_000, 5432, '', '127.0.0.1', '', 'ready'];
    await writeFile(path('cluster', 'postmaster.pid'), `${lines.join('\n')}\n`);

    expect(await findRunningEmbeddedPostgres(directory)).toBeUndefined();
    await expect(start()).resolves.toBeDefined();
  });

  it('begins anew where a crash left the making of a cluster half done', async () => {
    await mkdir(path('cluster.partial'), { recursive: true });
    await mkdir(path('runtime-18.4.partial'));
    await writeFile(path('cluster.partial', 'PG_VERSION'), '18\n');
    await writeFile(path('password'), 'of the cluster that never was');

    expect(await isInitialised(directory)).toBe(false);
    await start();

    expect((await readdir(path())).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('says so when it ends by itself', async () => {
    await start();
    const [pid = ''] = (await readFile(path('cluster', 'postmaster.pid'), 'utf8')).split('\n');

    process.kill(Number(pid), 'SIGQUIT');
    await untilNoPostgres(directory);

    expect(messages).toEqual([expect.stringMatching(/ended by itself.*immediate shutdown/)]);
  });

  it.each([
    {
      title: 'of another major version',
      damage: () => writeFile(path('cluster', 'PG_VERSION'), '17\n'),
      error: { code: 'WRONG_VERSION', message: expect.stringMatching(/PostgreSQL 17.* brings 18/) },
    },
    {
      title: 'without a version',
      damage: () => unlink(path('cluster', 'PG_VERSION')),
      error: { code: 'CORRUPT', message: expect.stringContaining('PG_VERSION is missing') },
    },
    {
      title: 'without its password',
      damage: () => unlink(path('password')),
      error: { code: 'CORRUPT', message: expect.stringContaining('password is missing') },
    },
    {
      title: 'without its control file',
      damage: () => unlink(path('cluster', 'global', 'pg_control')),
      error: { code: 'START_FAILED', message: expect.stringContaining('pg_control') },
    },
  ])('is refused on files $title, with advice', async ({ damage, error }) => {
    await (await start()).stop();
    await damage();

    await expect(start()).rejects.toMatchObject({ name: 'StateError', ...error });
    expect(await postgresProcesses(directory)).toEqual([]);
  });

  it('lets go of a directory on which it could not be started', async () => {
    await (await start()).stop();
    const [hidden, shown] = [path('hidden'), path('cluster', 'PG_VERSION')];
    await rename(shown, hidden);
    await expect(start()).rejects.toMatchObject({ code: 'CORRUPT' });

    await rename(hidden, shown);

    await expect(start()).resolves.toBeDefined();
  });

  it('is refused on a directory that cannot be made', async () => {
    await writeFile(join(parent, 'file'), '');

    await expect(start(join(parent, 'file', 'data'))).rejects.toMatchObject({ code: 'DENIED' });
  });

  itAsRoot('lies below /var/lib where others cannot pass the directory, and the log says so', async () => {
    const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16);
    const elsewhere = join('/var/lib/geo-reconciler', hash);
    await chmod(parent, 0o700);

    const { url, stop } = await startOwned();
    const found = await findRunningEmbeddedPostgres(directory);
    await stop();
    await rm(elsewhere, { recursive: true });

    expect(found?.url.reveal()).toBe(url.reveal());
    expect(messages).toEqual([expect.stringContaining(join(elsewhere, 'postgres'))]);
    expect(messages[0]).toContain(parent);
    expect(await readdir(parent)).toEqual([]);
  });

  itAsRoot('runs as nobody for root', async () => {
    await start();
    const [pid = ''] = (await readFile(path('cluster', 'postmaster.pid'), 'utf8')).split('\n');
    const status = await readFile(`/proc/${pid}/status`, 'utf8');

    expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^Gid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^Groups:\t\s*$/m);
  });

  itAsRoot('runs as a user without any rights, whose files root then leaves alone', async () => {
    await mkdir(directory);
    await chown(directory, 65534, 65534);
    const unprivileged = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
    const holder = hold(directory, 'stop', unprivileged);
    expect(await holder.ended).toBe(0);

    await (await start()).stop();
    const again = hold(directory, 'stop', unprivileged);

    expect(await again.ended).toBe(0);
    expect([holder.lines, again.lines]).toEqual([['ready'], ['ready']]);
    expect((await stat(path('owner.lock'))).uid).toBe(65534);
  });

  itAsRoot('is refused to a user whose files they are not', async () => {
    await (await start()).stop();
    const holder = hold(directory, 'stop', ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']);

    expect(await holder.printed(/./)).toMatch(/^DENIED .*run as the user/);
  });
});

/** A database that the spec stops itself, before it takes its files away. */
async function startOwned(): Promise<{ url: EmbeddedPostgres['url']; stop: () => Promise<void> }> {
  const postgres = await start();
  return { url: postgres.url, stop: () => postgres.stop() };
}

async function killAllBut(postmaster: number, holder: HolderProcess): Promise<void> {
  for (const entry of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const commandLine = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    const isWatchdog = commandLine.startsWith('/bin/sh') && commandLine.includes(path('cluster'));
    if (isWatchdog && Number(entry) !== postmaster) process.kill(Number(entry), 'SIGKILL');
  }
  await holder.kill();
}
