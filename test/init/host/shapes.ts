import { PASSWORD, plantedHost, type PlantedHost, type PlantedProcess } from './planted-host';

/** Hosts as they are found, each with a password wherever such a host has one. */

const TREE = '3904496407287907110';

const template = `[Unit]
Description=Rekor %i

[Service]
Type=exec
User=rekor
EnvironmentFile=/etc/rekor/%i.env
Environment="REDIS=${PASSWORD}" "HOST=rekor.example.com"
# ExecStart=/usr/bin/former
ExecStart=/usr/local/bin/rekor-server serve \\
  --rekor_server.address=127.0.0.1 --port=\${PORT} \\
  --rekor_server.hostname=\${HOST} --rekor_server.signer=/etc/rekor/key.pem \\
  --rekor_server.signer-passwd=${PASSWORD} \\
  --trillian_log_server.address=trillian.example.com --trillian_log_server.port=8090 \\
  --trillian_log_server.tls_ca_cert=/etc/rekor/trillian-ca.pem \\
  --trillian_log_server.tlog_id=\${TREE_ID} \\
  --trillian_log_server.sharding_config=/etc/rekor/%i-sharding.yaml

[Install]
WantedBy=multi-user.target
`;

const signer = (uri: string, ...more: readonly string[]): PlantedProcess => ({
  words: ['/opt/trillian_log_signer', `--mysql_uri=${uri}`, '--http_endpoint=0.0.0.0:8093', ...more],
});

const logServer = (uri: string, ...more: readonly string[]): PlantedProcess => ({
  words: [
    '/opt/trillian_log_server',
    '-http_endpoint',
    '[::1]:8091',
    '--rpc_endpoint=:8090',
    `--mysql_uri=${uri}`,
    ...more,
  ],
});

/** Two instances of one template, of which one runs; Trillian beside them. */
export function twoUnits(): PlantedHost {
  const uri = `trillian:${PASSWORD}@tcp(db.example.com:3307)/trillian_prod?tls=custom`;
  return plantedHost(
    {
      'etc/systemd/system/rekor@.service': template,
      'etc/systemd/system/rekor@.service.d/10-user.conf': '[Service]\nUser=log\n',
      'etc/systemd/system/unrelated.service': '[Service]\nExecStart=/bin/true\n',
      'etc/rekor/blue.env': `PORT=3001\nTREE_ID=${TREE}\n`,
      'etc/hosts': '127.0.0.1 localhost\n127.0.1.1 trillian.example.com trillian\n',
      'etc/rekor/green.env': `PORT=3002\nTREE_ID=${TREE}\nSECRET=${PASSWORD}\n`,
      'etc/rekor/other.env': `PORT=${PASSWORD}\n`,
    },
    {
      101: {
        words: ['/usr/local/bin/rekor-server', 'serve', '--port=3001', `--redis_server.password=${PASSWORD}`],
        group: '/system.slice/system-rekor.slice/rekor@blue.service',
      },
      102: logServer(uri, '--mysql_tls_ca=/etc/rekor/db-ca.pem'),
      103: signer(uri, '--sequencer_interval=1m0.5s', '--sequencer_interval', '250ms'),
    },
    ['etc/systemd/system/multi-user.target.wants/rekor@blue.service'],
  );
}

/** One Rekor whose tree is written out in its unit; nothing else is on the host. */
export function oneUnit(): PlantedHost {
  return plantedHost({
    'etc/systemd/system/rekor.service': `[Service]
ExecStart=/usr/bin/rekor-server serve --trillian_log_server.address 198.18.0.7 \\
  --trillian_log_server.tlog_id ${TREE} --trillian_log_server.sharding_config sharding.yaml \\
  --redis_server.password ${PASSWORD} --rekor_server.signer memory
WorkingDirectory=/var/lib/rekor
`,
  });
}

/** A Rekor that somebody has started by hand, and a Trillian on PostgreSQL. */
export function bareProcess(): PlantedHost {
  const uri = `postgresql://trillian:${PASSWORD}@127.0.0.1:5433/trillian?sslmode=disable`;
  const flags = ['--storage_system=postgresql', `--postgresql_uri=${uri}`];
  return plantedHost(
    {},
    {
      201: { words: ['sh', '-c', `exec rekor-server serve --redis_server.password=${PASSWORD}`] },
      202: {
        words: [
          './rekor-server',
          'serve',
          `--trillian_log_server.tlog_id=${TREE}`,
          '--port=3000',
          `--redis_server.password=${PASSWORD}`,
        ],
      },
      203: { words: ['trillian_log_server', ...flags, '--http_endpoint=localhost:8091'] },
      204: {
        words: [
          'trillian_log_signer',
          ...flags,
          '--http_endpoint=localhost:8092',
          '--sequencer_guard_window=2s',
        ],
      },
      205: { words: ['tail', '-f', 'rekor-server'] },
      206: { words: ['vim', 'rekor-server'] },
    },
  );
}

/** The compose file of Rekor's own repository, in short, beside an override. */
export function compose(): PlantedHost {
  return plantedHost({
    'srv/docker-compose.yml': `
x-trillian: &trillian
  environment: { MYSQL_PASSWORD: ${PASSWORD} }
services:
  mysql:
    environment: [MYSQL_PASSWORD=${PASSWORD}]
    ports: ["127.0.0.1:3310:3306"]
  trillian-log-server:
    <<: *trillian
    image: ghcr.io/sigstore/trillian-log-server
    command: ["--storage_system=mysql", "--mysql_uri=test:${PASSWORD}@tcp(mysql:3306)/test", "--rpc_endpoint=0.0.0.0:8090", "--http_endpoint=0.0.0.0:8091"]
    ports: ["8090:8090", "8091:8091"]
  trillian-log-signer:
    command: ["--storage_system=mysql", "--mysql_uri=test:$\{DB_PASSWORD:-${PASSWORD}}@tcp(mysql:3306)/test", "--http_endpoint=0.0.0.0:8091", "--force_master"]
    ports: [{ target: 8091, published: "8092" }]
  rekor-blue:
    image: rekor
    command: sh -c "exec rekor-server serve --trillian_log_server.address=trillian-log-server --trillian_log_server.port=8090
      --rekor_server.address=0.0.0.0 --rekor_server.hostname=$\{PUBLIC_NAME} --rekor_server.signer=/key/private.pem
      --trillian_log_server.tlog_id=$$\{TREE_ID} --trillian_log_server.sharding_config=/sharding/list.yaml
      --search_index.mysql.dsn=test:${PASSWORD}@tcp(mysql:3306)/test"
    env_file: [blue.env]
    volumes: ["./blue:/sharding:ro", "index:/index"]
    ports: ["3001:3000", "2112:2112"]
    restart: unless-stopped
  rekor-green:
    image: rekor
    command: [rekor-server, serve, --trillian_log_server.address=trillian-log-server, '--trillian_log_server.tlog_id=$\{TREE_ID}',
      --rekor_server.hostname=rekor.example.com, --trillian_log_server.sharding_config=/elsewhere/list.yaml]
    ports: ["3000"]
    restart: always
`,
    'srv/docker-compose.override.yml': `services:\n  rekor-green:\n    ports: ["3002:3000"]\n    environment: { REDIS: ${PASSWORD} }\n`,
    'srv/.env': `PUBLIC_NAME=rekor.example.com\nTREE_ID=${TREE}\nDB_PASSWORD=${PASSWORD}\n`,
    'srv/blue.env': `TREE_ID=${TREE}\nREDIS=${PASSWORD}\n`,
  });
}

/** Red Hat's role for RHEL: services of systemd that let podman play manifests, with the list inside of a ConfigMap. */
export function podman(): PlantedHost {
  const unit = (manifest: string, more = ''): string => `[Service]
Environment=PODMAN_SYSTEMD_UNIT=%n
ExecStart=/usr/bin/podman kube play --replace --service-container=true "/etc/rhtas/manifests/${manifest}"  --network "rhtas"${more}
Type=notify
`;
  const deployment = (name: string, script: string, more = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: rekor-system}
spec:
  template:
    spec:
      containers:
      - name: ${name}
        image: registry.example.com/${name}:1
        command: [/bin/sh]
        args:
        - -c
        - |
          ${script.replaceAll('\n', '\n          ')}
        env:
        - {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: trillian-db, key: password}}}
        - {name: DB_DATABASE, valueFrom: {secretKeyRef: {name: trillian-db, key: database}}}
        - {name: DB_HOSTNAME, value: db.example.com}
        - {name: DB_PORT, value: "3306"}
        - {name: UNUSED, value: ${PASSWORD}}
${more}`;
  const trillianFlags = `--storage_system=mysql \\
  --mysql_uri="\${DB_USER}:\${DB_PASSWORD}@tcp(\${DB_HOSTNAME}:\${DB_PORT})/\${DB_DATABASE}" \\
  --rpc_endpoint=0.0.0.0:8091`;
  return plantedHost({
    'etc/systemd/system/rekor.service': unit(
      'rekor.yml',
      ' --configmap "/etc/rhtas/configs/rekor-server-config.yaml"',
    ),
    'etc/systemd/system/trillian-logserver.service': unit('logserver.yml'),
    'etc/systemd/system/trillian-logsigner.service': unit('logsigner.yml'),
    'etc/rhtas/manifests/logserver.yml': deployment(
      'trillian-logserver',
      `exec /trillian_log_server \\\n  ${trillianFlags} \\\n  --http_endpoint=0.0.0.0:8090 \\\n  --alsologtostderr`,
      '        ports: [{containerPort: 8090, hostPort: 8190}, {containerPort: 8091}]\n',
    ),
    'etc/rhtas/manifests/logsigner.yml': deployment(
      'trillian-logsigner',
      `exec /trillian_log_signer \\\n  ${trillianFlags} \\\n  --http_endpoint=0.0.0.0:8092 --force_master=true`,
    ),
    'etc/rhtas/manifests/rekor.yml': deployment(
      'rekor-server',
      `exec rekor-server serve \\
  --trillian_log_server.address=trillian-logserver-pod --trillian_log_server.port=8091 \\
  --trillian_log_server.sharding_config=/config/sharding-config.yaml --redis_server.password="${PASSWORD}" \\
  --rekor_server.address=0.0.0.0 --rekor_server.signer=/rekor-keys/private \\
  --trillian_log_server.tlog_id=${TREE} --port=3001`,
      `        ports: [{containerPort: 3001, hostPort: 3001, protocol: TCP}]
        volumeMounts: [{mountPath: /config, name: list}]
      volumes:
      - {name: list, configMap: {name: rekor-server-config}}
`,
    ),
    'etc/rhtas/configs/rekor-server-config.yaml': `kind: ConfigMap
apiVersion: v1
metadata: {name: rekor-server-config, namespace: rekor-system}
data:
  sharding-config.yaml: |
    - treeID: 4904496407287907110
      signingConfig: {fileSignerPassword: ${PASSWORD}}
`,
  });
}

/** Two Rekors that somebody has started by hand, and their Trillian. */
export function twoProcesses(): PlantedHost {
  const rekor = (port: number): PlantedProcess => ({
    words: ['rekor-server', 'serve', `--port=${port}`, `--redis_server.password=${PASSWORD}`],
  });
  return plantedHost({}, { 301: rekor(3001), 302: rekor(3002), 303: logServer(''), 304: signer('') });
}

/** One unit that starts two Rekors by a script of its own. */
export function oneUnitOfTwo(): PlantedHost {
  const rekor = (port: number): PlantedProcess => ({
    words: ['rekor-server', 'serve', `--port=${port}`, `--redis_server.password=${PASSWORD}`],
    group: '/system.slice/rekor.service',
  });
  return plantedHost(
    { 'etc/systemd/system/rekor.service': '[Service]\nExecStart=/opt/start-both\n' },
    { 401: rekor(3001), 402: rekor(3002) },
  );
}

/** An instance that is called blue, and a Rekor that somebody has started by hand before it. */
export function unitAndProcess(): PlantedHost {
  return plantedHost(
    {
      'etc/systemd/system/rekor@.service': template,
      'etc/rekor/blue.env': `PORT=3001\nTREE_ID=${TREE}\n`,
    },
    {
      501: {
        words: ['rekor-server', 'serve', '--port=3002', '--trillian_log_server.address=trillian.example.com'],
      },
    },
  );
}

/** Files that podman makes services of: two slots of one template, a log server in a pod, and a signer beside it. */
export function quadlets(): PlantedHost {
  const trillian = (program: string, more: string): string => `[Container]
Image=ghcr.io/sigstore/${program}:v1.7.2
EnvironmentFile=trillian.env
Exec=--storage_system=mysql --mysql_uri=trillian:$\{DB_PASSWORD}@tcp(db.example.com:3306)/trillian \\
  --http_endpoint=0.0.0.0:8091 ${more}
`;
  return plantedHost(
    {
      'etc/containers/systemd/rekor/rekor@.container': `[Unit]
Description=Rekor %i

[Container]
ContainerName=rekor-%i
Image=ghcr.io/sigstore/rekor/rekor-server:v1.5.4
Network=rekor.network
PublishPort=127.0.0.1:$\{PORT}:3000
Volume=/etc/rekor/%i:/etc/rekor:ro,Z
Volume=rekor-%i.volume:/var/run/attestations
Secret=redis,type=env,target=REDIS_PASSWORD
Environment=REDIS=${PASSWORD} "OTHER=a b"
Exec=serve --rekor_server.address=0.0.0.0 --rekor_server.hostname=rekor.example.com \\
  --rekor_server.signer=/etc/rekor/key.pem --rekor_server.signer-passwd=${PASSWORD} \\
  --trillian_log_server.address=log-server --trillian_log_server.port=8090 \\
  --trillian_log_server.tlog_id=$\{TREE_ID} \\
  --trillian_log_server.sharding_config=/etc/rekor/sharding.yaml

[Service]
EnvironmentFile=/etc/rekor/%i.env
Restart=on-failure
`,
      'etc/containers/systemd/rekor/rekor@blue.container.d/10-port.conf':
        '[Container]\nPublishPort=\nPublishPort=127.0.0.1:3001:3000\n',
      'etc/containers/systemd/rekor/rekor@green.container.d/10-port.conf':
        '[Container]\nPublishPort=\nPublishPort=3002:3000/tcp\n\n[Install]\nWantedBy=multi-user.target\n',
      'etc/containers/systemd/log-server.container': `${trillian('trillian_log_server', '--rpc_endpoint=0.0.0.0:8090')}Pod=trillian.pod
ContainerName=log-server
`,
      'etc/containers/systemd/trillian.pod':
        '[Pod]\nPublishPort=127.0.0.1:8190:8090\nPublishPort=8191:8091\n',
      'etc/containers/systemd/log-signer.container': `${trillian('trillian_log_signer', '--force_master --sequencer_interval=200ms')}Network=host
`,
      'etc/containers/systemd/trillian.env': `DB_PASSWORD=${PASSWORD}\n`,
      'etc/containers/systemd/unrelated.container': '[Container]\nImage=docker.io/library/redis:7\n',
      'etc/rekor/blue.env': `TREE_ID=${TREE}\nREDIS=${PASSWORD}\n`,
      'etc/rekor/green.env': `TREE_ID=${TREE}\n`,
    },
    {},
  );
}

/** Units of systemd that run containers of docker and podman, as hosts have them that are set up by hand. */
export function containerUnits(): PlantedHost {
  return plantedHost({
    'etc/systemd/system/rekor-blue.service': `[Unit]
After=docker.service

[Service]
ExecStartPre=-/usr/bin/docker rm -f rekor-blue
ExecStart=/usr/bin/docker run --rm -it --name rekor-blue --log-driver journald --init \\
    -p 127.0.0.1:3001:3000 -p2112:2112 -v /srv/rekor/blue:/sharding:ro --mount type=bind,source=/srv/keys,target=/keys,readonly \\
    -e REDIS_PASSWORD=${PASSWORD} --env-file /srv/rekor/blue.env --network=rekor \\
    ghcr.io/sigstore/rekor/rekor-server:v1.5.4 \\
    sh -c 'exec rekor-server serve --rekor_server.address=0.0.0.0 --trillian_log_server.address=trillian.example.com --trillian_log_server.tlog_id=$$\{TREE_ID} --trillian_log_server.sharding_config=/sharding/list.yaml --rekor_server.signer=/keys/key.pem --redis_server.password=${PASSWORD}'
ExecStop=/usr/bin/docker stop rekor-blue

[Install]
WantedBy=multi-user.target
`,
    'etc/systemd/system/rekor-green.service': `[Service]
EnvironmentFile=/srv/rekor/green.env
ExecStart=/usr/bin/podman run --replace --network host --name=rekor-green --entrypoint '["/usr/local/bin/rekor-server"]' --volume /srv/rekor/green:/sharding \\
    localhost/rekor serve --port=3002 --trillian_log_server.address=trillian.example.com \\
    --trillian_log_server.tlog_id=$\{TREE_ID} --trillian_log_server.sharding_config=/sharding/list.yaml --rekor_server.signer-passwd ${PASSWORD}
`,
    'etc/systemd/system/redis.service':
      '[Service]\nExecStart=/usr/bin/docker run --rm redis:7 redis-server\n',
    'srv/rekor/blue.env': `TREE_ID=${TREE}\nREDIS=${PASSWORD}\n`,
    'srv/rekor/green.env': `TREE_ID=${TREE}\n`,
  });
}

/** One Rekor in a compose file, and nothing beside it. */
export function oneService(): PlantedHost {
  return plantedHost({
    'srv/compose.yaml': `services:
  rekor-blue:
    image: rekor
    command: sh -c "exec rekor-server serve --trillian_log_server.address=trillian.example.com --trillian_log_server.tlog_id=$$\{TREE_ID} --trillian_log_server.sharding_config=/sharding/list.yaml"
    env_file: [blue.env]
    environment: { REDIS: ${PASSWORD} }
    volumes: ["./blue:/sharding:ro"]
    ports: ["3001:3000"]
`,
    'srv/blue.env': `TREE_ID=${TREE}\n`,
  });
}
