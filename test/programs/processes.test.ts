import { listeningInodes } from '../../programs/readers/listening-process';
import { wantedFlags } from '../../programs/wanted-flags';

it('keeps the flags that are wanted, in either form, and nothing else', () => {
  const words = [
    ...['rekor-server', 'serve', '--rekor_server.signer', 'memory', '--rekor_server.signer-passwd=hunter2'],
    ...['--trillian_log_server.sharding_config=/etc/rekor/a=b.yaml', '--enable_attestation_storage'],
    ...['--attestation_storage_bucket=mem://', '--port', '3000'],
  ];
  expect(Object.fromEntries(wantedFlags('rekor-server', words))).toEqual({
    'rekor_server.signer': 'memory',
    'trillian_log_server.sharding_config': '/etc/rekor/a=b.yaml',
    enable_attestation_storage: 'true',
    attestation_storage_bucket: 'mem://',
    port: '3000',
  });
});

it('finds the sockets that listen on a port, and no others', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0',
    '   1: 0100007F:0BB9 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0',
    '   2: 00000000:0BBA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0 100 0 0 10 0',
  ].join('\n');
  expect(listeningInodes(table, 3001)).toEqual(['111']);
});
