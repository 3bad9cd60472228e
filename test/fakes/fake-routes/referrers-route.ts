import { answer, type FakeAnswer, withHeader } from '../fake-answer.ts';
import { notFoundPage } from '../fake-errors.ts';
import { type FakeExchange } from '../fake-exchange.ts';
import { type FakeDescriptor, manifestTypes, parseManifestBody, storedType } from '../fake-manifest-body.ts';
import { type FakeManifest } from '../fake-repository.ts';

/** GET …/referrers/<digest> (OCI distribution-spec 1.1, "Listing Referrers"): an index, empty where nothing refers. */
export function listReferrers(exchange: FakeExchange): FakeAnswer {
  const { api, filter, pageSize } = exchange.profile.referrers;
  if (api === 'absent') return notFoundPage();
  const type = exchange.query.get('artifactType');
  const isFiltered = type !== null && filter === 'applied';
  const all = referrersOf(exchange).filter((referrer) => !isFiltered || referrer.artifactType === type);
  const from = Number(exchange.query.get('page') ?? 0);
  const shown = pageSize === null ? all : all.slice(from, from + pageSize);
  const index = { schemaVersion: 2, mediaType: manifestTypes.ociIndex, manifests: shown };
  const listed = answer(200, { 'Content-Type': manifestTypes.ociIndex }, JSON.stringify(index));
  const marked = isFiltered ? withHeader(listed, 'OCI-Filters-Applied', 'artifactType') : listed;
  const next = from + shown.length;
  if (next >= all.length) return marked;
  const query = type === null ? `page=${next}` : `artifactType=${encodeURIComponent(type)}&page=${next}`;
  const target = `/v2/${exchange.repository}/referrers/${exchange.reference}?${query}`;
  return withHeader(marked, 'Link', `<${target}>; rel="next"`);
}

function referrersOf({ storage, repository, reference }: FakeExchange): readonly FakeDescriptor[] {
  return [...(storage.known(repository)?.manifests.values() ?? [])].flatMap((manifest) => {
    const body = parseManifestBody(manifest.bytes);
    return body?.subject?.digest === reference ? [descriptorOf(manifest)] : [];
  });
}

function descriptorOf(manifest: FakeManifest): FakeDescriptor {
  const body = parseManifestBody(manifest.bytes) ?? {};
  const artifactType = body.artifactType ?? body.config?.mediaType;
  return {
    mediaType: storedType(body),
    digest: manifest.digest,
    size: manifest.bytes.length,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(body.annotations === undefined ? {} : { annotations: body.annotations }),
  };
}
