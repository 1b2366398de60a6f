import type {DamagedImage} from '../damage/damaged-image.ts';

type Image = Pick<DamagedImage, 'repository' | 'tags' | 'digest'>;

/**
 * What clients say where an image, or a part of it, cannot be pulled.
 * @see shared/reference/client-errors.md, recorded on registry 2.8.3 and 3.1.1; test/recorded/woodpecker for the words of agents
 */
const troubleWords =
	/no such image|manifest unknown|blob unknown|unknown blob|manifest for .* not found|pull access denied|failed to (?:resolve reference|pull|copy)|can't be pulled|error(?: while)? pulling|ErrImagePull|ImagePullBackOff|verification failed for digest|unexpected EOF|unexpected HTTP status/i;

/** A client names the image first, and says what is wrong a few lines later. */
const linesBetween = 5;

/**
 * The damaged image that the words of a failed step name: its repository with one of its tags or with its digest, or its repository
 * alone, beside words that say that it cannot be pulled. The host is not compared: CI may know the registry by another name.
 */
export function namedImage<Named extends Image>(text: string, images: readonly Named[]): Named | undefined {
	const lines = text.split('\n');
	for (const [at, line] of lines.entries()) {
		const near = lines.slice(at, at + 1 + linesBetween).join('\n');
		const found = troubleWords.test(near)
			? namesIn(line).flatMap(name => images.find(each => isNamed(name, each)) ?? [])
			: [];
		if (found.length > 0) {
			return found[0];
		}
	}

	return undefined;
}

type Name = {repository: string; target?: string};

/** Everything in a line that may be a reference, or the path of a request to a registry. */
function namesIn(line: string): Name[] {
	const requests = [...line.matchAll(/\/v2\/([a-z0-9._/-]+)\/(?:manifests|blobs)\/([\w.-]+(?::[0-9a-f]{64})?)/g)].map(
		([, repository, target]): Name => ({repository: repository!, target: target!}),
	);
	// `reading manifest latest in registry.example/infra-ci: manifest unknown`, as skopeo and buildah say it
	const read = [...line.matchAll(/reading manifest ([\w.:-]+) in ([\w.:/-]+)/g)].map(
		([, target, name]): Name => ({
			repository: withoutHost(name!.replace(/:+$/, '')),
			target: target!,
		}),
	);
	const words = line.match(/[A-Za-z0-9][\w.:/@-]*/g) ?? [];
	return [...requests, ...read, ...words.map(nameOf)];
}

function nameOf(word: string): Name {
	const [, name = '', digest, tag] = /^(.*?)(?:@(sha256:[0-9a-f]{64}).*|:(\w[\w.-]*?))?[.:]*$/.exec(word) ?? [];
	const target = digest ?? tag;
	return {repository: withoutHost(name), ...(target !== undefined && {target})};
}

/** `registry.example:5050/tools/lint` → `tools/lint` */
function withoutHost(name: string): string {
	return name.replace(/^(?:[^/]*[.:][^/]*|localhost)\//, '');
}

function isNamed({repository, target}: Name, {repository: known, tags, digest}: Image): boolean {
	return repository === known && (target === undefined || target === digest || tags.includes(target));
}
