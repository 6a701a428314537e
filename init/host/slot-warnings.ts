import type { FoundProgram } from '../../programs/found-program';
import { valueOf } from '../../programs/variables';
import type { Line } from '../settings';

/** What of a slot is not well, and no setting of ours changes. */
export function bewareOf(rekor: FoundProgram): Line[] {
  const { flags, run, where } = rekor;
  return [
    ...(valueOf(rekor, 'rekor_server.signer') === 'memory'
      ? [
          {
            beware: `${where} has --rekor_server.signer=memory: a new key at each start. No rotation begins.`,
          },
        ]
      : []),
    ...(flags.has('config') ? [{ beware: `${where} has --config. What that file sets was not read.` }] : []),
    ...(run.by === 'compose' && run.startsWithDocker
      ? [
          {
            beware: `${where} has restart: always, which starts a stopped slot with Docker. Use unless-stopped.`,
          },
        ]
      : []),
    ...(run.by === 'systemd' && run.unit.startsByItself
      ? [
          {
            beware: `${where} has [Install], and systemctl cannot disable what podman makes of it. After a reboot it runs, whichever slot serves.`,
          },
        ]
      : []),
    ...(run.by === 'podman'
      ? [
          {
            beware: `whatever wrote ${run.manifest} may write it again, and take a rotation back. Change it there, too.`,
          },
        ]
      : []),
  ];
}
