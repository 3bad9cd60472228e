import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { OriginUnavailableError } from './no-real-registry-error.ts';
import type { ProgressReport } from './registry-provider.ts';
import { complaintOf, findOnPath, runCommand, type CommandResult } from './run-command.ts';

/** A package is 5 to 20 MB and the lists are 15; a line that needs longer than this is no line. */
const DOWNLOAD_TIMEOUT_SECONDS = 120;

/** apt's own patience per connection and its number of retries; its defaults wait for minutes without a network. */
const patience = [
  '-o',
  'Acquire::http::Timeout=15',
  '-o',
  'Acquire::https::Timeout=15',
  '-o',
  'Acquire::Retries=1',
];

/** Lists that a download by name does not need (translations, software centre, file lists). */
const leanLists = [
  ...['-o', 'Acquire::Languages=none'],
  ...['-o', 'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false'],
  ...['-o', 'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false'],
];

/** What to fetch, and who hears of it. */
export interface DebianPackage {
  readonly name: string;
  readonly report: ProgressReport;
}

/**
 * Unpacks a package of Debian/Ubuntu into an empty directory, without installing it and without root; what it depends on is not
 * fetched. The host's package sources are used as they are. Throws `OriginUnavailableError` with apt's complaint.
 */
export async function unpackDebianPackage(wanted: DebianPackage, directory: string): Promise<void> {
  const aptGet = await requireProgram('apt-get');
  const unpacker = await requireProgram('dpkg-deb');
  const scratch = await mkdtemp(join(tmpdir(), 'geo-reconciler-apt-'));
  try {
    wanted.report(`fetching the package ${wanted.name} with apt-get`);
    const file = await download(aptGet, scratch, wanted);
    const unpacked = await runCommand(unpacker, ['-x', file, directory], { timeoutSeconds: 60 });
    if (unpacked.exitCode !== 0) throw new OriginUnavailableError(`dpkg-deb ${complaintOf(unpacked)}`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function requireProgram(name: string): Promise<string> {
  const path = await findOnPath(name);
  if (path === undefined) throw new OriginUnavailableError(`no ${name} on PATH`);
  return path;
}

/** With the host's lists first; where they are empty or out of date, with lists of our own that are thrown away. */
async function download(aptGet: string, scratch: string, { name, report }: DebianPackage): Promise<string> {
  const withHostLists = [...patience, ...privatePlaces(scratch, 'host-lists')];
  await mkdir(join(scratch, 'archives', 'partial'), { recursive: true });
  const run = (args: readonly string[]): Promise<CommandResult> =>
    runCommand(aptGet, args, {
      cwd: scratch,
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
      timeoutSeconds: DOWNLOAD_TIMEOUT_SECONDS,
    });
  const first = await run([...withHostLists, 'download', name]);
  const fetched = await findPackage(scratch);
  if (first.exitCode === 0 && fetched !== undefined) return fetched;

  report('fetching package lists into a private directory');
  await mkdir(join(scratch, 'state', 'lists', 'partial'), { recursive: true });
  const withOwnLists = [...patience, ...privatePlaces(scratch, 'own-lists')];
  // Its exit code says nothing: one dead third-party source fails it, and a hook that wants root may do so too.
  const update = await run([...withOwnLists, ...leanLists, 'update']);
  const second = await run([...withOwnLists, 'download', name]);
  const refetched = await findPackage(scratch);
  if (second.exitCode === 0 && refetched !== undefined) return refetched;
  // Even where it claims success, its warnings say why the lists are empty.
  const updateComplaint = update.stderr.trim() === '' ? '' : ` (apt-get update ${complaintOf(update)})`;
  throw new OriginUnavailableError(`apt-get download ${complaintOf(second)}${updateComplaint}`);
}

function privatePlaces(scratch: string, lists: 'host-lists' | 'own-lists'): string[] {
  const ownLists = [`Dir::State=${scratch}/state`, `Dir::State::lists=${scratch}/state/lists`];
  const settings = [
    // Both belong to root on the host, and neither a lock nor a cache is of use to a single download.
    `Dir::Cache=${scratch}`,
    'Debug::NoLocking=1',
    ...(lists === 'own-lists' ? ownLists : []),
    // As root apt drops to a user that cannot write into our directory.
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}

async function findPackage(directory: string): Promise<string | undefined> {
  const name = (await readdir(directory)).find((entry) => entry.endsWith('.deb'));
  return name === undefined ? undefined : join(directory, name);
}
