import type { Request } from 'express';

/** As much of a layer of Express's router as is looked at here. */
interface RouterLayer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/** The methods that other routes have at the path of a request, in capitals; none: nothing is there. */
export function methodsAt(request: Request, ownPath: string): readonly string[] {
  const { router } = request.app as unknown as {
    readonly router: { readonly stack: readonly RouterLayer[] };
  };
  const methods = router.stack
    .filter(({ route }) => route !== undefined && route.path !== ownPath)
    .filter((layer) => layer.match(request.path))
    .flatMap(({ route }) => Object.keys(route?.methods ?? {}))
    .map((method) => method.toUpperCase());
  const known = new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods);
  return [...known].toSorted();
}
