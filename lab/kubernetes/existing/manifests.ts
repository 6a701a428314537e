import type { Manifest } from '../api';

/**
 * What a cluster that was there before the lab gets of a manifest. Images have the names under which they are there. And a
 * Service gets no address of its own: a cloud would open the log to the internet, and others make pods for it elsewhere.
 */
export function forExisting(manifest: Manifest, images: ReadonlyMap<string, string>): Manifest {
  let text = JSON.stringify(manifest);
  for (const [name, there] of images) {
    text = text.replaceAll(name, there);
  }
  const named = JSON.parse(text) as Manifest;
  const { spec } = named as { readonly spec?: { readonly type?: unknown } };
  return named.kind === 'Service' && spec?.type === 'LoadBalancer'
    ? { ...named, spec: { ...spec, type: 'ClusterIP' } }
    : named;
}
