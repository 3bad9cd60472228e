import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { MissingTool, Tool } from './tool.ts';

const run = promisify(execFile);

/** Copies in parallel within a repository, as many as we have requests under way. */
const CRANE_JOBS = 16;

/** One process per repository: `crane cp -a` takes one. `$1` and `$2` are the registries, the rest are repositories. */
const CRANE_LOOP =
  `primary=$1 secondary=$2; shift 2; ` +
  `for name in "$@"; do crane cp -a -j ${CRANE_JOBS} "$primary/$name" "$secondary/$name" || exit 1; done`;

/** All repositories in one process, from a list on a pipe. */
const SKOPEO_LIST = `printf '%s' "$1" | skopeo --insecure-policy sync --all --preserve-digests --src yaml --dest docker --dest-tls-verify=false /dev/stdin "$2"`;

export function geoReconciler(program: string, title: string, flags: readonly string[] = []): Tool {
  return {
    title,
    role: 'ours',
    secondaryRepository: (name) => name,
    sync: ({ primary, secondary }) => [
      program,
      'sync',
      '--primary',
      primary.url,
      '--secondary',
      secondary.url,
      ...flags,
    ],
  };
}

/** The peers on PATH, and those that are not there. */
export async function findPeers(): Promise<{
  readonly peers: readonly Tool[];
  readonly missing: readonly MissingTool[];
}> {
  const found = await Promise.all([findCrane(), findSkopeo()]);
  return {
    peers: found.filter((tool) => 'sync' in tool),
    missing: found.filter((tool) => 'reason' in tool),
  };
}

async function findCrane(): Promise<Tool | MissingTool> {
  const command = `crane cp -a -j ${CRANE_JOBS}`;
  const version = await versionOf('crane', ['version']);
  if (version === undefined) return { title: `\`${command}\``, reason: 'crane is not on PATH' };
  return {
    title: `\`${command}\` ${version}`,
    role: 'peer',
    secondaryRepository: (name) => name,
    sync: ({ primary, secondary, repositories }) => [
      'sh',
      '-c',
      CRANE_LOOP,
      'sh',
      primary.host,
      secondary.host,
      ...repositories,
    ],
  };
}

async function findSkopeo(): Promise<Tool | MissingTool> {
  const command = 'skopeo sync --all';
  const version = await versionOf('skopeo', ['--version']);
  if (version === undefined) return { title: `\`${command}\``, reason: 'skopeo is not on PATH' };
  return {
    title: `\`${command}\` ${version.replace('skopeo version ', '')}`,
    role: 'peer',
    // It drops everything before the last slash.
    secondaryRepository: (name) => name.slice(name.lastIndexOf('/') + 1),
    sync: ({ primary, secondary, repositories }) => [
      'sh',
      '-c',
      SKOPEO_LIST,
      'sh',
      // JSON, which YAML contains; an empty list means every tag.
      JSON.stringify({
        [primary.host]: {
          'tls-verify': false,
          images: Object.fromEntries(repositories.map((name) => [name, []])),
        },
      }),
      secondary.host,
    ],
  };
}

async function versionOf(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return (await run(program, [...args])).stdout.trim();
  } catch {
    return undefined;
  }
}
