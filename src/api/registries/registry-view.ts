import { z } from 'zod';
import type { LinkConfiguration, RegistryConfiguration } from '../../config/configuration.ts';
import { REASON_CODES } from '../../planning/reason-code.ts';
import type { Capability } from '../../oci/capability.ts';
import { forgottenAt, type LearntCapability } from '../../state/learnt-capability.ts';
import type { LinkLook } from '../../state/registry-knowledge.store.ts';

const CAPABILITY = z.object({
  state: z.enum(['works', 'refused', 'unknown']).describe('unknown: no cycle has tried in the last 24 hours'),
  learntAt: z.iso.datetime().nullable(),
  forgottenAt: z.iso.datetime().nullable().describe('When it is tried again'),
});

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
  capabilities: z
    .object({
      tagDelete: CAPABILITY.describe('Deletes a tag by its name, and nothing else'),
      digestDelete: CAPABILITY.describe('Deletes a manifest by its digest, as tombstones need it'),
      referrers: CAPABILITY.describe('Has the referrers API'),
      mount: CAPABILITY.describe('Mounts a blob from another repository'),
      sparseIndex: CAPABILITY.describe('Takes an index whose children are not all there'),
    } satisfies Record<Capability, typeof CAPABILITY>)
    .describe('What its own answers have shown at its present address'),
});
export type RegistryView = z.infer<typeof REGISTRY_VIEW>;

/** What is known of registries, by all processes together. */
export interface RegistryKnowledge {
  readonly links: readonly LinkConfiguration[];
  readonly looks: readonly LinkLook[];
  readonly capabilities: readonly LearntCapability[];
}

export function registryView(registry: RegistryConfiguration, knowledge: RegistryKnowledge): RegistryView {
  const { name, origin, credentials, allowPlainHttp, limits } = registry;
  const { links } = knowledge;
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
    capabilities: capabilitiesOf(registry, knowledge),
  };
}

function capabilitiesOf(
  { name, origin }: RegistryConfiguration,
  { capabilities }: RegistryKnowledge,
): RegistryView['capabilities'] {
  const show = (capability: Capability): z.infer<typeof CAPABILITY> => {
    const learnt = capabilities.find(
      (each) => each.name === name && each.origin === origin && each.capability === capability,
    );
    if (learnt === undefined) return { state: 'unknown', learntAt: null, forgottenAt: null };
    const { state, learntAt } = learnt;
    return { state, learntAt: learntAt.toISOString(), forgottenAt: forgottenAt(learntAt).toISOString() };
  };
  return {
    tagDelete: show('tagDelete'),
    digestDelete: show('digestDelete'),
    referrers: show('referrers'),
    mount: show('mount'),
    sparseIndex: show('sparseIndex'),
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
