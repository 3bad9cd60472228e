import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { emptyBlob } from '../builders/artifact-content.ts';
import { ociImage } from '../builders/image-content.ts';
import { oddTags } from '../builders/odd-tags.ts';
import { findPullProblems } from '../builders/pull-witness.ts';
import { pushBlob, pushContent, tagManifest } from '../builders/push-content.ts';
import {
  listRepositories,
  readManifest,
  readTagMap,
  type WitnessedManifest,
} from '../builders/registry-witness.ts';
import { permissiveConfiguration, shapeCatalog, type CatalogShape } from '../builders/shape-catalog.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import type { RunningRegistry } from '../registries/registry-provider.ts';
import { runForReport, type ReportedResult } from './command-line.ts';
import { RecordingProxy, writesIn, type RecordedRequest } from './recording-proxy.ts';
import { between } from './registry-pair.ts';
import { linkOf, stepsOf, summaryOf } from './report-document.ts';

const any = await registryForTests();
const third = await registryForTests('distribution3');

/** Registries take these two; what their descriptors say of their children is not true, and no client can pull them. */
const lyingShapes: readonly string[] = ['image-with-wrong-size', 'index-with-wrong-size'];

function isTaken({ acceptance }: CatalogShape, flavour: 'distribution2' | 'distribution3'): boolean {
  return acceptance[flavour] === 'accepted' || acceptance[flavour] === 'configured';
}

const shapesOfBoth = shapeCatalog.filter(
  (shape) => isTaken(shape, 'distribution2') && isTaken(shape, 'distribution3'),
);
const shapesOfSecond = shapeCatalog.filter((shape) => isTaken(shape, 'distribution2'));

const repositoryOfShape = (shape: CatalogShape): string => `shapes/${shape.name}`;

/** Distribution's catalog lists a repository for its blobs, and an empty index has none. */
async function pushShape(registry: RunningRegistry, shape: CatalogShape): Promise<void> {
  await pushBlob(registry, repositoryOfShape(shape), emptyBlob);
  await pushContent(registry, repositoryOfShape(shape), shape.build(shape.name), { tag: shape.name });
}

/** The bytes of a manifest; of schema 1 what was signed, because distribution signs it anew for every answer. */
function comparable({ mediaType, bytes }: WitnessedManifest): string[] {
  const text = bytes.toString('latin1');
  return [mediaType, mediaType.endsWith('prettyjws') ? text.slice(0, text.indexOf('"signatures"')) : text];
}

/** The blobs of all finished uploads. */
function uploadedDigests(requests: readonly RecordedRequest[]): string[] {
  return requests
    .filter(({ method, status }) => method === 'PUT' && status === 201)
    .flatMap(({ path }) => /[?&]digest=([^&]+)/.exec(path)?.[1] ?? []);
}

const cases = [
  {
    title: any.titleOf('sync of every shape of content to the same kind of registry'),
    registries: [any, any],
    shapes: any.provider.flavour === 'distribution2' ? shapesOfSecond : shapesOfBoth,
  },
  {
    title: third.titleOf('sync of every shape of content to distribution 3'),
    registries: [any, third],
    shapes: shapesOfBoth,
  },
] as const;

for (const { title, registries, shapes } of cases) {
  const areAvailable = registries.every(({ isAvailable }) => isAvailable);
  (areAvailable ? describe : describe.skip)(title, () => {
    const honest = shapes.filter(({ name }) => !lyingShapes.includes(name));
    const lying = shapes.filter(({ name }) => lyingShapes.includes(name));
    const running: { stop(): Promise<void> }[] = [];
    let primary: RunningRegistry;
    let secondary: RunningRegistry;
    let firstRun: ReportedResult;
    let secondRun: ReportedResult;
    let firstRequests: readonly RecordedRequest[];
    let secondRequests: readonly RecordedRequest[];
    let primaryRequests: readonly RecordedRequest[];

    beforeAll(async () => {
      const options = { extraConfiguration: permissiveConfiguration };
      const starting = registries.map(({ provider }) => provider.start(options));
      [primary, secondary] = (await Promise.all(starting)) as [RunningRegistry, RunningRegistry];
      running.push(primary, secondary);
      await Promise.all(shapes.map((shape) => pushShape(primary, shape)));
      const image = ociImage('odd tags');
      await pushContent(primary, 'shapes/odd-tags', image);
      await Promise.all(oddTags.map((tag) => tagManifest(primary, 'shapes/odd-tags', tag, image)));
      const before = await RecordingProxy.start(primary);
      const behind = await RecordingProxy.start(secondary);
      running.push(before, behind);
      firstRun = await runForReport(['sync', ...between(before, behind)]);
      firstRequests = behind.takeRequests();
      secondRun = await runForReport(['sync', ...between(before, behind)]);
      secondRequests = behind.takeRequests();
      primaryRequests = before.takeRequests();
    });

    afterAll(async () => {
      await Promise.all(running.map((each) => each.stop()));
    });

    it.each(honest)('copies $name byte for byte, with everything that a pull needs', async (shape) => {
      const repository = repositoryOfShape(shape);
      const tags = await readTagMap(primary, repository);

      expect(await readTagMap(secondary, repository)).toEqual(tags);
      for (const tag of tags.keys()) {
        const [left, right] = [
          await readManifest(primary, repository, tag),
          await readManifest(secondary, repository, tag),
        ];
        expect(comparable(right!)).toEqual(comparable(left!));
        expect(await findPullProblems(secondary, repository, tag, 'content')).toEqual([]);
      }
      expect(summaryOf(stepsOf(firstRun.report, repository))).toEqual(
        [...tags.keys()].map((tag) => `${tag}: copy-tag done`).sort(),
      );
    });

    it.each(lying)('refuses $name, whose descriptor does not tell the truth', async (shape) => {
      const repository = repositoryOfShape(shape);

      expect(summaryOf(stepsOf(firstRun.report, repository))).toEqual([
        `${shape.name}: copy-tag failed SOURCE_CORRUPT`,
      ]);
      expect([...(await readTagMap(secondary, repository)).keys()]).toEqual([]);
    });

    it('copies every legal tag name', async () => {
      expect(await readTagMap(secondary, 'shapes/odd-tags')).toEqual(
        await readTagMap(primary, 'shapes/odd-tags'),
      );
      expect(stepsOf(firstRun.report, 'shapes/odd-tags')).toHaveLength(oddTags.length);
    });

    it('answers with 1 for the two that lie, and with nothing else failed', () => {
      expect(firstRun.exitCode).toBe(1);
      expect(firstRun.report.outcome).toBe('partial');
      expect(linkOf(firstRun.report).totals.failed).toBe(lying.length);
    });

    it('makes no repository on the secondary that the primary does not have', async () => {
      const names = await listRepositories(primary);

      expect((await listRepositories(secondary)).filter((name) => !names.includes(name))).toEqual([]);
    });

    it('uploads no blob twice', () => {
      const uploads = uploadedDigests(firstRequests);

      expect(uploads.length).toBeGreaterThan(50);
      expect(uploads.length).toBe(new Set(uploads).size);
    });

    it('writes nothing in a second run but for what was refused', () => {
      const refusedRepositories = lying.map((shape) => `/v2/${repositoryOfShape(shape)}/`);
      const others = writesIn(secondRequests).filter(
        ({ path }) => !refusedRepositories.some((prefix) => path.startsWith(prefix)),
      );

      expect(others).toEqual([]);
      expect(linkOf(secondRun.report).totals).toMatchObject({ copied: 0, moved: 0, bytesCopied: 0 });
      expect(linkOf(secondRun.report).totals.inSync).toBe(linkOf(firstRun.report).totals.copied);
    });

    it('never writes to the primary', () => {
      expect(writesIn(primaryRequests)).toEqual([]);
    });
  });
}
