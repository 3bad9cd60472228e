import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { OriginUnavailableError } from './no-real-registry-error.ts';
import { provision, type Provision } from './provision.ts';

let home = '';
let registries = '';
const before = process.env.XDG_CACHE_HOME;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'geo-reconciler-provision-'));
  registries = join(home, 'geo-reconciler', 'registries');
  await mkdir(registries, { recursive: true });
  process.env.XDG_CACHE_HOME = home;
});

afterEach(async () => {
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
  await rm(home, { recursive: true, force: true });
});

interface CountedProvision extends Provision<string> {
  builds: number;
}

/** Something that is built by writing one file, and of use when that file says "whole". */
function counted(name: string, write = 'whole'): CountedProvision {
  const what: CountedProvision = {
    name,
    builds: 0,
    inspect: async (directory) => {
      const text = await readFile(join(directory, 'file'), 'utf8').catch(() => '');
      return text === 'whole' ? directory : undefined;
    },
    build: async (directory) => {
      what.builds += 1;
      await writeFile(join(directory, 'file'), write);
    },
  };
  return what;
}

describe('provisioning into the cache', () => {
  it('builds once for two that ask at the same time', async () => {
    const what = counted('thing');
    const places = await Promise.all([provision(what), provision(what), provision(what)]);

    expect(new Set(places)).toEqual(new Set([join(registries, 'thing')]));
    expect(what.builds).toBe(1);
  });

  it('replaces a directory that is of no use', async () => {
    await mkdir(join(registries, 'thing'));
    await writeFile(join(registries, 'thing', 'file'), 'half');
    await provision(counted('thing'));

    expect(await readFile(join(registries, 'thing', 'file'), 'utf8')).toBe('whole');
    expect(await readdir(registries)).toEqual(['thing']);
  });

  it('takes over the lock of a process that is gone', async () => {
    const gone = spawnSync(process.execPath, ['--version']).pid;
    await writeFile(join(registries, 'thing.lock'), String(gone));
    await provision(counted('thing'));

    expect(await readdir(registries)).toEqual(['thing']);
  });

  it('refuses a result that does not pass its inspection and leaves no draft', async () => {
    await expect(provision(counted('thing', 'half'))).rejects.toThrow(OriginUnavailableError);
    expect(existsSync(join(registries, 'thing'))).toBe(false);
    expect(await readdir(registries)).toEqual(['thing.failed']);
  });

  it('does not try again in one test run what just failed', async () => {
    const what = counted('thing', 'half');
    await expect(provision(what)).rejects.toThrow('does not run here');
    await expect(provision(what)).rejects.toThrow('does not run here');

    expect(what.builds).toBe(1);
  });
});
