import path from 'node:path';
import { labFiles } from '../../lab/files';
import { clusterFiles } from '../../lab/kubernetes/files';
import { programFiles, programNames } from '../../lab/kubernetes/programs';
import { labParts, partNames } from '../../lab/parts';
import { portNames, type Ports } from '../../lab/ports';
import { statusText } from '../../lab/status-text';

const directory = path.join('/home', 'somebody'.repeat(10), '.local/state/rekor-rotate/lab');
const ports = Object.fromEntries(portNames.map((name) => [name, 31_999])) as Ports;

describe('the table of what runs of a lab', () => {
  const parts = labParts(labFiles(directory), { ports, database: 'postgresql' });
  const told = partNames.map((name) => ({
    ...{ name, address: parts[name].address ?? '', logFile: parts[name].logFile },
    state: name === 'gate' ? 'not running' : 'pid 4194304',
  }));
  const [table = '', facts = ''] = statusText(directory, told, [['Rekor', 'http://127.0.0.1:1']]).split(
    '\n\n',
  );

  it('has no more than 80 columns, wherever the lab is', () => {
    const lines = table.split('\n');
    expect(lines).toHaveLength(partNames.length);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('names each log within the directory, which is told below', () => {
    expect(table).toMatch(/^gate +not running {2}127\.0\.0\.1:31999 {2}logs\/gate\.log$/m);
    expect(table).toMatch(/^rekor-blue +pid 4194304 {2}127\.0\.0\.1:31999 {2}slots\/blue\.log$/m);
    expect(facts.split('\n')).toEqual([`directory      ${directory}`, 'Rekor          http://127.0.0.1:1']);
  });

  it('has no column of addresses for the programs of a cluster, which all have one', () => {
    const programs = programNames.map((name) => ({
      ...{ name, state: 'runs' },
      logFile: programFiles(clusterFiles(directory), name).logFile,
    }));
    const lines = statusText(directory, programs, []).split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/^etcd +runs {9}logs\/etcd\.log$/));
    expect(lines.slice(0, programNames.length).filter((line) => line.length > 80)).toEqual([]);
  });
});
