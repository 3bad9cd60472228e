import { contentOf, descriptorOf, manifestOf, type BuiltContent } from './built-content.ts';
import { imageParts, type ImageParts } from './image-content.ts';
import { mediaTypes } from './media-types.ts';

/** A way of writing the JSON of one and the same image; the digest tells whether the bytes went through untouched. */
type Writing = (config: string, layers: string) => string;

const quotedType = JSON.stringify(mediaTypes.ociManifest);

function imageWritten(seed: string, write: Writing): BuiltContent {
  const parts = imageParts(seed);
  const bytes = Buffer.from(write(configJson(parts), layersJson(parts)), 'utf8');
  return contentOf(manifestOf(mediaTypes.ociManifest, bytes), [parts.config, ...parts.layers]);
}

function configJson(parts: ImageParts): string {
  return JSON.stringify(descriptorOf(parts.config));
}

function layersJson(parts: ImageParts): string {
  return JSON.stringify(parts.layers.map((layer) => descriptorOf(layer)));
}

/** Indented by three blanks, with carriage returns and a newline at the end. */
export function prettyPrintedImage(seed: string): BuiltContent {
  return imageWritten(
    seed,
    (config, layers) =>
      `{\r\n   "schemaVersion": 2,\r\n   "mediaType": ${quotedType},\r\n   "config": ${config},\r\n   "layers": ${layers}\r\n}\r\n\n`,
  );
}

/** Keys in another order than any tool writes them, `mediaType` last. */
export function reorderedImage(seed: string): BuiltContent {
  return imageWritten(
    seed,
    (config, layers) => `{"layers":${layers},"config":${config},"schemaVersion":2,"mediaType":${quotedType}}`,
  );
}

/** Letters as `\u` escapes, an escaped slash, and text beyond ASCII both escaped and plain. */
export function escapedImage(seed: string): BuiltContent {
  const escapedType = quotedType.replace('application/', '\\u0061pplication\\/');
  return imageWritten(
    seed,
    (config, layers) =>
      `{"schemaVersion":2,"mediaType":${escapedType},"config":${config},"layers":${layers},` +
      `"annotations":{"org.example.name":"gr\\u00fc\\u00dfe, gr\u00fc\u00dfe, \\ud83d\\udce6 \u{1f4e6} <&> \\u2028"}}`,
  );
}

/** Fields that no specification knows, at the top and inside. */
export function imageWithUnknownFields(seed: string): BuiltContent {
  return imageWritten(
    seed,
    (config, layers) =>
      `{"schemaVersion":2,"mediaType":${quotedType},"x-future":{"deep":[null,true,{"__proto__":{"polluted":true}}]},` +
      `"config":${config},"layers":${layers},"constructor":"plain text"}`,
  );
}

/** The same key twice: the last one counts for most parsers, and a re-serialiser drops the first. */
export function imageWithDuplicateKeys(seed: string): BuiltContent {
  return imageWritten(
    seed,
    (config, layers) =>
      `{"schemaVersion":2,"schemaVersion":2,"mediaType":${quotedType},"annotations":{"a":"1"},"config":${config},` +
      `"layers":[],"layers":${layers},"annotations":{"a":"2","a":"3"}}`,
  );
}

/** Numbers that a double cannot hold, in fields that nobody reads. */
export function imageWithBigNumbers(seed: string): BuiltContent {
  return imageWritten(
    seed,
    (config, layers) =>
      `{"schemaVersion":2,"mediaType":${quotedType},"config":${config},"layers":${layers},` +
      `"x-number":12345678901234567890123456789,"x-float":0.1000000000000000055511151231257827,"x-zero":-0,"x-huge":1e400}`,
  );
}

/** A byte order mark in front, which JSON forbids (RFC 8259, 8.1). */
export function imageWithByteOrderMark(seed: string): BuiltContent {
  return imageWritten(
    seed,
    (config, layers) =>
      `\ufeff{"schemaVersion":2,"mediaType":${quotedType},"config":${config},"layers":${layers}}`,
  );
}
