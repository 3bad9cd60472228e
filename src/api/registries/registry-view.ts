import { z } from 'zod';
import type { LinkConfiguration, RegistryConfiguration } from '../../config/configuration.ts';
import { REASON_CODES } from '../../planning/reason-code.ts';
import type { LinkLook, TagDeletion } from '../../state/registry-knowledge.store.ts';

export const REGISTRY_VIEW = z.object({
  name: z.string(),
  url: z.string(),
  credentials: z.enum(['anonymous', 'basic', 'docker']).describe('How it is told who we are; never more'),
  allowPlainHttp: z.boolean(),
  limits: z.object({
    concurrency: z.int().describe('Requests under way at once, of each process'),
    requestsPerSecond: z.number().nullable(),
    bytesPerSecond: z.number().nullable(),
  }),
  primaryOf: z.array(z.string()).describe('Names of links'),
  secondaryOf: z.array(z.string()).describe('Names of links'),
  health: z.object({
    state: z.enum(['reachable', 'unreachable', 'unknown']),
    checkedAt: z.iso.datetime().nullable().describe('When a cycle last looked; null: none has'),
    reason: z.enum(REASON_CODES).nullable(),
    message: z.string().nullable(),
  }),
  capabilities: z.object({
    tagDeletion: z
      .enum(['works', 'refused', 'unknown'])
      .describe('Whether it deletes a tag by its name; unknown until a cycle has tried'),
  }),
});
export type RegistryView = z.infer<typeof REGISTRY_VIEW>;

/** What is known of registries, by all processes together. */
export interface RegistryKnowledge {
  readonly links: readonly LinkConfiguration[];
  readonly looks: readonly LinkLook[];
  readonly tagDeletions: ReadonlyMap<string, TagDeletion>;
}

export function registryView(registry: RegistryConfiguration, knowledge: RegistryKnowledge): RegistryView {
  const { name, origin, credentials, allowPlainHttp, limits } = registry;
  const { links, tagDeletions } = knowledge;
  const namesOf = (isMeant: (link: LinkConfiguration) => boolean): string[] =>
    links.filter(isMeant).map((link) => link.name);
  return {
    name,
    url: origin,
    credentials: credentials.kind,
    allowPlainHttp,
    limits: {
      concurrency: limits.concurrency,
      requestsPerSecond: limits.requestsPerSecond ?? null,
      bytesPerSecond: limits.bytesPerSecond ?? null,
    },
    primaryOf: namesOf(({ primary }) => primary.name === name),
    secondaryOf: namesOf(({ secondaries }) => secondaries.some((secondary) => secondary.name === name)),
    health: healthOf(name, knowledge),
    capabilities: { tagDeletion: tagDeletions.get(name) ?? 'unknown' },
  };
}

/** Of all links that the registry is part of, the one that looked last knows best. */
function healthOf(name: string, { links, looks }: RegistryKnowledge): RegistryView['health'] {
  const seen = looks
    .toSorted((one, other) => other.at.getTime() - one.at.getTime())
    .flatMap((look) => {
      const link = links.find((each) => each.name === look.link);
      return link === undefined ? [] : [healthSeenBy(name, link, look)];
    });
  return (
    seen.find((health) => health !== undefined) ?? {
      state: 'unknown',
      checkedAt: null,
      reason: null,
      message: null,
    }
  );
}

/** `undefined`: this look says nothing of the registry. */
function healthSeenBy(
  name: string,
  { primary, secondaries }: LinkConfiguration,
  { at, failures }: LinkLook,
): RegistryView['health'] | undefined {
  const checkedAt = at.toISOString();
  const all = Object.values(failures);
  const isSecondary = secondaries.some((secondary) => secondary.name === name);
  if (primary.name !== name && !isSecondary) return undefined;
  const own = primary.name === name ? all.find(({ side }) => side === 'primary') : failures[name];
  // Where the primary lets nobody in, what was found at the secondary is not written down.
  if (primary.name !== name && own?.side === 'primary') return undefined;
  return own === undefined
    ? { state: 'reachable', checkedAt, reason: null, message: null }
    : { state: 'unreachable', checkedAt, reason: own.reason, message: own.message };
}
