import { wordsOf } from '../shell-words';
import { readContainerRun } from './container-run';
import { readSystemdUnit, settingsIn, type SystemdUnit } from './systemd-unit';

/**
 * Reads a `.container` file of podman as the service that its generator makes of it: podman-systemd.unit(5). Its variables
 * stand in the command of that service, so that its section [Service] may set them, too.
 *
 * @param name of the service, without `.service`.
 * @param texts the file, then its drop-ins.
 * @param folder of the file: against it relative paths count.
 * @param podText of the `.pod` file of a name, without its ending.
 */
export function readQuadlet(
  name: string,
  texts: readonly string[],
  folder: string,
  podText: (pod: string) => string | undefined,
): SystemdUnit {
  const of = settingsIn(name, 'Container', texts);
  const [pod] = of('Pod').slice(-1);
  const inPod = podSettings(name, pod === undefined ? undefined : podText(pod.replace(/\.pod$/, '')));
  const all = (option: string, values: readonly string[]): string[] =>
    values.flatMap((value) => [option, value]);
  const [image = ''] = of('Image').slice(-1);
  const words = [
    ...all('--name', [of('ContainerName').at(-1) ?? `systemd-${name}`]),
    ...all('--hostname', of('HostName')),
    ...all('--network-alias', of('NetworkAlias')),
    ...all('--network', [...of('Network'), ...inPod('Network')]),
    ...all('--publish', [...of('PublishPort'), ...inPod('PublishPort')]),
    ...all('--volume', [...of('Volume'), ...inPod('Volume')]),
    ...all('--mount', of('Mount')),
    ...all('--env', of('Environment').flatMap(wordsOf)),
    ...all('--env-file', of('EnvironmentFile')),
    ...all('--entrypoint', of('Entrypoint').slice(-1)),
    ...of('PodmanArgs').flatMap(wordsOf),
    image,
    ...wordsOf(of('Exec').at(-1) ?? ''),
  ];
  const { installs, ...service } = readSystemdUnit(name, texts);
  return {
    ...service,
    installs: false,
    container: image === '' ? undefined : readContainerRun(['podman', 'run', ...words], folder),
    quadlet: { startsWithHost: installs },
  };
}

function podSettings(name: string, text: string | undefined): (key: string) => readonly string[] {
  return text === undefined ? () => [] : settingsIn(name, 'Pod', [text]);
}
