import { digestOf } from '../contract-content.ts';
import { type ContractStep, recall, rememberPath } from '../contract-step.ts';
import { commitUpload, openUpload, putManifest } from './wire-requests.ts';

/** Two steps that upload one blob in a single PUT, as most clients do. */
export function uploadSteps(repository: string, name: string, bytes: Buffer): readonly ContractStep[] {
  return [
    {
      title: `opens an upload for ${name} in ${repository}`,
      send: openUpload(repository),
      remember: rememberPath('location', `${repository} ${name}`),
      expected: { status: 202 },
    },
    {
      title: `commits ${name} in ${repository}`,
      send: (memory) => commitUpload(recall(memory, `${repository} ${name}`), digestOf(bytes), bytes),
      expected: { status: 201, digest: digestOf(bytes) },
    },
  ];
}

/** One step that puts a manifest and expects it to be taken. */
export function manifestStep(
  repository: string,
  reference: string,
  body: Buffer,
  mediaType: string,
): ContractStep {
  return {
    title: `takes a manifest as ${repository}:${reference.slice(0, 20)}`,
    send: putManifest(repository, reference, body, mediaType),
    expected: { status: 201, digest: digestOf(body) },
  };
}
