import {defined} from '../../domain/defined.ts';
import {isDigest, isDigestOfNothing} from '../../domain/image/digest.ts';
import type {PathState} from '../../domain/storage/listing/listing.ts';
import {blobData, currentLink} from '../../domain/storage/listing/paths.ts';
import type {Shell} from '../../engine/ports/shell.ts';
import type {SoughtPart, Source} from '../../engine/ports/source.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';

const linkTimeoutMs = 60_000;

/** A link has no newline; the second line is when it was written. The root is what `rootdirectory` names, or the docker/registry/v2 below it; the path of the link is below that. */
const printLink = `for base in "$1/docker/registry/v2" "$1"; do
	if [ -f "$base/$2" ]; then cat "$base/$2"; echo; stat -c %Y "$base/$2" 2>/dev/null; exit 0; fi
done`;

type StoreSource = {
	name: string;
	root: string;
	shell: Shell;
	storage: Pick<Storage, 'place' | 'recheck' | 'readBlob' | 'streamBlob' | 'identity' | 'close'>;
};

/** A copy of a registry's storage: a backup, a snapshot, the disk of a second instance. Links are not needed: bytes prove themselves. */
export function createStoreSource({name, root, shell, storage}: StoreSource): Source {
	const statesOf = (parts: readonly SoughtPart[], waiting: Waiting) =>
		storage.recheck(
			parts.map(({digest}) => blobData(digest)),
			waiting,
		);

	return {
		name,
		place: storage.place,
		async holds(parts, waiting) {
			const states = await statesOf(parts, waiting);
			return new Set(parts.filter(part => isWhole(part, states.get(blobData(part.digest)))).map(({digest}) => digest));
		},
		async manifest(part, waiting) {
			const state = (await statesOf([part], waiting)).get(blobData(part.digest));
			return isWhole(part, state) ? storage.readBlob(part.digest, waiting) : undefined;
		},
		stream: ({digest, size}, waiting) => storage.streamBlob({digest, size}, waiting),
		async tag(repository, tag, {signal}) {
			const args = [root, currentLink(repository, tag)];
			const {stdout} = await shell.run({kind: 'read', script: printLink, args, timeoutMs: linkTimeoutMs}, {signal});
			const [link = '', seconds = ''] = Buffer.from(stdout).toString().split('\n');
			const setBy = /^\d{1,10}$/.test(seconds) ? new Date(Number(seconds) * 1000).toISOString() : undefined;
			return isDigest(link) ? {digest: link, ...defined({setBy})} : undefined;
		},
		async check(waiting) {
			await storage.identity(waiting);
			return `${storage.place} is a registry’s storage and can be read`;
		},
		close: () => storage.close(),
	};
}

/** What a crash or a full disk left is empty, or shorter than it should be. */
function isWhole({digest, size}: SoughtPart, state: PathState | undefined): boolean {
	return (
		state?.state === 'there' &&
		state.is === undefined &&
		(size === undefined ? state.size > 0 || isDigestOfNothing(digest) : state.size === size)
	);
}
