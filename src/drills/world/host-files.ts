import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {crontab} from '../host-programs.ts';
import type {WorldPaths} from './world-file.ts';

/**
 * Writes the maintenance files where a real registry host keeps them: an audit of the pretend host finds the cause
 * of the incident there, and nothing of this machine.
 */
export async function writeHostFiles({vm, storage}: Pick<WorldPaths, 'vm' | 'storage'>): Promise<void> {
	const files: Record<string, string> = {
		'etc/cron.d/registry': systemCrontab,
		'etc/docker/registry/config.yml': configuration,
		'opt/registry/docker-compose.yml': composeFile(storage),
		'opt/registry/cleanup-tags.sh': cleanup(storage),
	};

	for (const [name, text] of Object.entries(files)) {
		const file = path.join(vm, name);
		await mkdir(path.dirname(file), {recursive: true});
		await writeFile(file, text, {mode: name.endsWith('.sh') ? 0o755 : 0o644});
	}
}

/** The crontab in the format of cron.d, which names the user of each line. @see crontab(5) */
const systemCrontab = `# Maintenance of the private registry
# m h dom mon dow user command
${crontab
	.split('\n')
	.filter(line => /^\d/.test(line))
	.map(line => line.replace(/^(?:\S+ ){5}/, '$&root '))
	.join('\n')}
`;

const configuration = `version: 0.1
storage:
  filesystem:
    rootdirectory: /var/lib/registry
  delete:
    enabled: true
  cache:
    blobdescriptor: inmemory
http:
  addr: :5000
`;

const composeFile = (storage: string) => `services:
  registry-private:
    image: registry:2
    container_name: registry-private
    restart: unless-stopped
    ports: ['127.0.0.1:5000:5000']
    volumes:
      - ${JSON.stringify(`${storage}:/var/lib/registry`)}
      - /etc/docker/registry/config.yml:/etc/docker/registry/config.yml:ro
`;

/** As in the incident: it keeps the newest tags by date, on the file system, and does not ask the registry. */
const cleanup = (storage: string) => `#!/bin/sh
# Keeps the newest tags of each repository: cleanup-tags.sh --keep N
set -eu
keep=\${2:-10}
cd '${storage.replaceAll("'", String.raw`'\''`)}/docker/registry/v2/repositories'
find . -type d -name _manifests | while read -r manifests; do
	repository=\${manifests%/_manifests}
	ls -t "$repository/_manifests/tags" | tail -n "+$((keep + 1))" | while read -r tag; do
		rm -rf "$repository/_manifests/tags/$tag"
	done
done
`;
