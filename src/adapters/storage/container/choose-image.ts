import {OperatorError} from '../../../domain/errors.ts';
import type {Engine} from '../../../domain/storage/volume.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';

/** `id`: what it is run by, so that no tag can move in between. `why`: for people. */
export type ChosenImage = {id: string; name: string; why: string};

const timeoutMs = 60_000;

/**
 * $1: the engine's program; $2: an image that is named, or `-`. Prints `image ID` for that one. Without it, of each container
 * `container ID NAME IMAGE` and `mount SOURCE`, then `image ID NAME` for each image that is there. Nothing is pulled or started.
 */
const printImages = `LC_ALL=C; export LC_ALL
if [ "$2" != - ]; then
	"$1" image inspect --format 'image {{.Id}}' "$2" 2>/dev/null </dev/null | head -n 1
else
	"$1" ps -aq --no-trunc 2>/dev/null </dev/null | head -n 100 | while read -r id; do
		"$1" inspect --format 'container {{.Image}} {{.Name}} {{.Config.Image}}{{println}}{{range .Mounts}}mount {{.Source}}{{println}}{{end}}' "$id" 2>/dev/null </dev/null
	done
	"$1" image ls --no-trunc --format 'image {{.ID}} {{.Repository}}:{{.Tag}}' 2>/dev/null </dev/null | head -n 500
fi
echo end
`;

/** What the scripts of a store run. Without flock and cksum its lock would not be that of other responders. */
const needed = 'find head awk grep xargs ls cat sed dd date id tr cksum flock';

const printLacking = `for each in ${needed}; do command -v "$each" >/dev/null 2>&1 || printf 'lacks %s\\n' "$each"; done
echo end
`;

/** Of images that nothing is known of, only those are tried that are made to hold a shell and a few programs. */
const wellKnown = /(?:^|\/)(?:registry|distribution|busybox|alpine|debian|ubuntu):/;
const mostTried = 8;

type Choosing = Waiting & {
	host: Shell;
	engine: Engine;
	program: string;
	/** Where the engine keeps the store, as the host sees it. */
	folder: string;
	/** The one that is configured. */
	image?: string;
	/** Runs a script in a container of an image, without the store. */
	tryIn(image: string, script: string): Promise<string>;
};

/**
 * An image that is on the host already and has a shell: the one that is configured, else that of a container that keeps its store
 * there (the registry's own is made on Alpine), else one that is known to have one.
 * @throws OperatorError storage.container: none is there
 */
export async function chooseImage(choosing: Choosing): Promise<ChosenImage> {
	const {host, engine, program, folder, image, tryIn, signal} = choosing;
	const request = {kind: 'read', script: printImages, args: [program, image ?? '-'], timeoutMs} as const;
	const {stdout} = await host.run(request, {signal});
	const output = Buffer.from(stdout).toString();
	const candidates = image === undefined ? candidatesIn(output, folder) : namedIn(output, image);
	const tried: string[] = [];
	for (const candidate of candidates.slice(0, mostTried)) {
		const found = await tryIn(candidate.id, printLacking).catch(error => {
			if (error instanceof OperatorError && error.code === 'storage.container') {
				return error.message.split(': ').at(-1)!.replace(/\.$/, '');
			}

			throw error;
		});
		const lacks = [...found.matchAll(/^lacks (.+)$/gm)].map(([, each]) => each);
		if (lacks.length === 0 && /^end$/m.test(found)) {
			return candidate;
		}

		tried.push(`${candidate.name}: ${lacks.length > 0 ? `it lacks ${lacks.join(', ')}` : found.trim()}`);
	}

	throw noImage({place: host.place, engine, image, tried});
}

function namedIn(output: string, name: string): ChosenImage[] {
	const id = /^image (\S+)/m.exec(output)?.[1];
	return id === undefined ? [] : [{id, name, why: 'it is configured'}];
}

function candidatesIn(output: string, folder: string): ChosenImage[] {
	const containers: {id: string; name: string; image: string; isThere: boolean}[] = [];
	const images: ChosenImage[] = [];
	for (const line of output.split('\n')) {
		const [word, ...rest] = line.split(' ');
		if (word === 'container') {
			const [id = '', name = '', image = ''] = rest;
			containers.push({id, name: name.replace(/^\//, ''), image, isThere: false});
		} else if (word === 'mount') {
			const source = rest.join(' ');
			const last = containers.at(-1);
			if (
				last !== undefined &&
				(source === folder || folder.startsWith(`${source}/`) || source.startsWith(`${folder}/`))
			) {
				last.isThere = true;
			}
		} else if (word === 'image') {
			const [id = '', name = ''] = rest;
			images.push({id, name, why: 'it is on that host'});
		}
	}

	const own = containers
		.filter(({id, isThere}) => isThere && id !== '')
		.map(({id, name, image}) => ({id, name: image || id, why: `the container ${name} of it keeps its data there`}));
	const others = images.filter(({name}) => wellKnown.test(name));
	return [...own, ...others].filter(({id}, at, all) => all.findIndex(other => plain(other.id) === plain(id)) === at);
}

/** docker prints an algorithm before it, podman does not everywhere. */
function plain(id: string): string {
	return id.replace(/^sha256:/, '');
}

function noImage({
	place,
	engine,
	image,
	tried,
}: {
	place: string;
	engine: Engine;
	image: string | undefined;
	tried: readonly string[];
}): OperatorError {
	if (image !== undefined && tried.length === 0) {
		return new OperatorError('storage.container', `${place}: ${engine} has no image ${image}, and none is pulled.`, {
			hint: `Correct \`storage.image\`, or bring it there: \`${engine} pull ${image}\`.`,
			exit: 'configuration',
		});
	}

	const why = tried.length === 0 ? '' : ` (${tried.join('; ')})`;
	return new OperatorError('storage.container', `No image on ${place} has the shell that would read the store${why}.`, {
		hint: `None is pulled by itself. Bring one there (\`${engine} pull busybox\`, or \`${engine} save busybox\` elsewhere and \`${engine} load\` there), name one in \`storage.image\`, or write \`become: sudo\`.`,
		exit: 'configuration',
	});
}
