import { readDigest } from '../test/builders/registry-witness.ts';
import type { CountedRegistry } from './counted-registry.ts';
import type { Tool } from './tool.ts';

export type TagMaps = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** A tool that ended with success and left something else than the primary has: its time would mean nothing. */
class WrongResult extends Error {
  override readonly name = 'WrongResult';
}

/** Looks every expected tag up on the secondary. @throws {WrongResult} */
export async function checkTags(tool: Tool, secondary: CountedRegistry, expected: TagMaps): Promise<void> {
  for (const [repository, tags] of expected) {
    const name = tool.secondaryRepository(repository);
    for (const [tag, digest] of tags) {
      const found = await readDigest(secondary.url, name, tag);
      if (found !== digest)
        throw new WrongResult(`${tool.title} left ${name}:${tag} at ${found ?? 'nothing'}, not ${digest}`);
    }
  }
}
