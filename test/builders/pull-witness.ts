import { digestOf } from './built-content.ts';
import { mediaTypes } from './media-types.ts';
import type { RegistryEndpoint } from './registry-request.ts';
import { hasBlob, readBlob, readManifest } from './registry-witness.ts';

export interface PullFinding {
  readonly digest: string;
  readonly problem: 'missing manifest' | 'missing blob' | 'other bytes';
}

interface WitnessedDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly urls?: readonly string[];
}

interface WitnessedBody {
  readonly config?: WitnessedDescriptor;
  readonly layers?: readonly WitnessedDescriptor[] | null;
  readonly manifests?: readonly WitnessedDescriptor[] | null;
  readonly fsLayers?: readonly { readonly blobSum: string }[];
}

/** Whether blobs are asked for by HEAD, or fetched and hashed. */
export type PullDepth = 'presence' | 'content';

const manifestTypes: ReadonlySet<string> = new Set([
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerList,
]);

/**
 * What a client that pulls the reference with all its platforms would not get; empty means that it can be pulled.
 * Layers with `urls` may be absent.
 */
export async function findPullProblems(
  registry: RegistryEndpoint,
  repository: string,
  reference: string,
  depth: PullDepth = 'presence',
): Promise<PullFinding[]> {
  const findings: PullFinding[] = [];
  const visited = new Set<string>();
  const visit = async (reference: string): Promise<void> => {
    if (visited.has(reference)) return;
    visited.add(reference);
    const manifest = await readManifest(registry, repository, reference);
    if (manifest === undefined) {
      findings.push({ digest: reference, problem: 'missing manifest' });
      return;
    }
    if (reference.startsWith('sha256:') && manifest.digest !== reference) {
      findings.push({ digest: reference, problem: 'other bytes' });
    }
    const body = JSON.parse(manifest.bytes.toString('utf8')) as WitnessedBody;
    for (const child of body.manifests ?? []) {
      if (manifestTypes.has(child.mediaType)) await visit(child.digest);
      else findings.push(...(await blobProblems(child)));
    }
    for (const blob of blobsOf(body)) findings.push(...(await blobProblems(blob)));
  };
  const blobProblems = async (blob: WitnessedDescriptor): Promise<PullFinding[]> => {
    if (visited.has(blob.digest) || (blob.urls ?? []).length > 0) return [];
    visited.add(blob.digest);
    const problem = await blobProblem({ registry, repository, digest: blob.digest, depth });
    return problem === undefined ? [] : [{ digest: blob.digest, problem }];
  };
  await visit(reference);
  return findings;
}

function blobsOf(body: WitnessedBody): WitnessedDescriptor[] {
  const schema1Layers = (body.fsLayers ?? []).map((layer) => ({ mediaType: '', digest: layer.blobSum }));
  return [...(body.config === undefined ? [] : [body.config]), ...(body.layers ?? []), ...schema1Layers];
}

async function blobProblem(place: {
  readonly registry: RegistryEndpoint;
  readonly repository: string;
  readonly digest: string;
  readonly depth: PullDepth;
}): Promise<PullFinding['problem'] | undefined> {
  const { registry, repository, digest, depth } = place;
  if (depth === 'presence') return (await hasBlob(registry, repository, digest)) ? undefined : 'missing blob';
  const bytes = await readBlob(registry, repository, digest);
  if (bytes === undefined) return 'missing blob';
  const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
  return digestOf(bytes, algorithm) === digest ? undefined : 'other bytes';
}
