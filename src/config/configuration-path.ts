import { quote } from '../oci/digest.ts';

/** Where something stands in a configuration: keys and indexes from the root. */
export type ConfigurationPath = readonly PropertyKey[];

/** What of the last step of a path is meant: the name itself, or what stands there. */
export type PathPart = 'key' | 'value';

/** The path as people write it, for example `links[0].tags.include[1]`. */
export function formatPath(path: ConfigurationPath): string {
  return path.map(formatElement).join('').replace(/^\./, '');
}

function formatElement(element: PropertyKey): string {
  if (typeof element === 'number') return `[${element}]`;
  const key = String(element);
  return /^[A-Za-z0-9_-]{1,64}$/.test(key) ? `.${key}` : `[${quote(key)}]`;
}
