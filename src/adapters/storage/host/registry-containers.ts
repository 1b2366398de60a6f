import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {enginePath} from './find-volume.ts';

/** Where a container of a registry keeps its store. `folder`: as the host sees it. */
type ContainerStore = {
	engine: string;
	container: string;
	/** The folder inside the container. */
	inside: string;
	folder: string;
	/** Undefined: a folder of the host. */
	volume?: string;
};

const timeoutMs = 60_000;

/** What the file system driver takes without a setting. @see distribution registry/storage/driver/filesystem */
const usualFolder = '/var/lib/registry';

/**
 * Containers, running or stopped, that have a folder where a registry keeps its store. Nothing runs in them. Prints
 * `container ENGINE NAME`, then `inside FOLDER` where its environment names it, and `mount TYPE|NAME|SOURCE|DESTINATION`.
 */
const printContainers = `LC_ALL=C; export LC_ALL
${enginePath}for engine in docker podman; do
	command -v $engine >/dev/null 2>&1 || continue
	$quick $engine ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.Image}}' 2>/dev/null </dev/null | head -n 100 | while read -r id name image; do
		found=$($quick $engine inspect --format '{{range .Config.Env}}env {{.}}{{println}}{{end}}{{range .Mounts}}mount {{.Type}}|{{.Name}}|{{.Source}}|{{.Destination}}{{println}}{{end}}' "$id" 2>/dev/null </dev/null) || continue
		case $image$found in *registry* | *distribution*) ;; *) continue ;; esac
		printf 'container %s %s\\n' "$engine" "$name"
		printf '%s\\n' "$found" | sed -n -e 's/^env REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/inside /p' -e '/^mount /p'
	done
done
echo end
`;

/** Where the registries of a host's containers keep their stores; none where this login may not ask the engines. */
export async function findContainerStores({shell, signal}: Waiting & {shell: Shell}): Promise<ContainerStore[]> {
	const {stdout} = await shell.run({kind: 'read', script: printContainers, timeoutMs}, {signal});
	return containerStoresIn(Buffer.from(stdout).toString());
}

type Mount = {volume: string; source: string; to: string};

function containerStoresIn(output: string): ContainerStore[] {
	const containers: {engine: string; name: string; inside: string; mounts: Mount[]}[] = [];
	for (const line of output.split('\n')) {
		const [, word, rest = ''] = /^(container|inside|mount) (.*)$/.exec(line) ?? [];
		const last = containers.at(-1);
		if (word === 'container') {
			const [engine = '', name = ''] = rest.split(' ');
			containers.push({engine, name, inside: usualFolder, mounts: []});
		} else if (last !== undefined && word === 'inside') {
			last.inside = rest;
		} else if (last !== undefined && word === 'mount') {
			const [type, volume = '', source = '', to = ''] = rest.split('|');
			last.mounts.push({volume: type === 'volume' ? volume : '', source, to: to.replace(/(?<=.)\/+$/, '')});
		}
	}

	return containers.flatMap(({engine, name, inside, mounts}) => {
		// The deepest mount above it is the one that counts.
		const holding = mounts
			.filter(({to}) => inside === to || inside.startsWith(to === '/' ? to : `${to}/`))
			.sort((a, b) => b.to.length - a.to.length)[0];
		if (holding === undefined || holding.source === '') {
			return [];
		}

		const rest = inside.slice(holding.to.length).replace(/^\/+/, '');
		const below = (folder: string) => (rest === '' ? folder : `${folder}/${rest}`);
		const volume = holding.volume === '' ? {} : {volume: below(holding.volume)};
		return [{engine, container: name, inside, folder: below(holding.source), ...volume}];
	});
}

/** What to write instead of a folder that is none of the host's. Undefined: no container tells. */
export function sayContainerStores(stores: readonly ContainerStore[]): string | undefined {
	const lines = stores.slice(0, 3).map(({container, inside, folder, volume}) => {
		const write = volume === undefined ? `root: ${folder}` : `volume: ${volume}`;
		return `The container ${container} keeps ${inside} in ${folder}: write \`${write}\`.`;
	});
	return lines.length === 0 ? undefined : lines.join(' ');
}
