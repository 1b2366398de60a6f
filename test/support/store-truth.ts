import {existsSync, lstatSync, readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import {type Digest, isDigest} from '../../src/domain/image/digest.ts';
import type {FaultKind} from '../../src/domain/image/fault.ts';
import type {Store} from '../../src/drills/images/store.ts';
import type {ImagePart} from './image-parts.ts';

/** What is wrong with one part: as a pull meets it, and as the disk shows it. The top of a tag has no digest. */
export type Wrong = {
	digest?: Digest;
	served: FaultKind;
	stored: FaultKind[];
	/** Behind a symbolic link, which a scan does not follow, and says so. */
	isUnread?: true;
};

export type TagTruth = {
	repository: string;
	tag: string;
	/** What a pull of everything meets. Nothing is asked for below a manifest that is not served. */
	met: Wrong[];
	/** Damage below manifests that are not served. */
	hidden: Wrong[];
};

export type StoreTruth = {
	tags: TagTruth[];
	/** Whether 2.8 lists the repository. */
	listed: Set<string>;
	/** Images without a name that are whole at their top: those that a scan may call vanished. */
	nameless: Set<Digest>;
	/** Those of them that nothing but the loss of their repository can have left: a scan has to name them. */
	vanished: Set<Digest>;
	/** Below `docker/registry/v2`. */
	symbolicLinks: string[];
	/** 2.8 fails on the names of some folders, and with it the catalogue. */
	isCatalogueUnreadable: boolean;
};

// Written down once more, so that a mistake in src is not repeated here. @see distribution v2.8.3 reference/regexp.go
const repositoryName = /^[a-z0-9]+(?:(?:\.|_|__|-*)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-*)[a-z0-9]+)*)*$/;
const tagName = /^\w[\w.-]{0,127}$/;
// 2.8.2 fails on folders with other names (registry/storage/driver, InvalidPathError), but lists `lost+found`.
const driverName = /^[A-Za-z0-9._+-]+$/;

/**
 * What distribution 2.8 with a cold cache serves of a store, read from its files by somebody who knows every byte that was
 * pushed. It shares no rule with regmedic.
 */
export function storeTruth(
	{base}: Store,
	parts: ReadonlyMap<Digest, ImagePart>,
	deleted: readonly ImagePart[] = [],
): StoreTruth {
	const truth: StoreTruth = {
		tags: [],
		listed: new Set(),
		nameless: new Set(),
		vanished: new Set(),
		symbolicLinks: symbolicLinksIn(Buffer.from(base)),
		isCatalogueUnreadable: false,
	};
	const repositories = path.join(base, 'repositories');
	const inRepository = (repository: string, ...names: string[]) => path.join(repositories, repository, ...names);
	const folderOf = (digest: Digest) => digest.replace(':', '/');
	const folders: string[] = [];
	const visitFolder = (name: string): void => {
		folders.push(name);
		for (const entry of readdirSync(path.join(repositories, name))) {
			const below = path.join(repositories, name, entry);
			if (!driverName.test(entry)) {
				truth.isCatalogueUnreadable = true;
			} else if (entry === '_layers') {
				truth.listed.add(name);
			} else if (!entry.startsWith('_') && existsSync(below) && statSync(below).isDirectory()) {
				visitFolder(path.join(name, entry));
			}
		}

		if (repositoryName.test(name)) {
			truth.tags.push(...tagsOf(name));
		}
	};
	visitFolder('');
	const stored = [...parts.values()].filter(({digest}) => existsSync(dataFile(digest)));
	// A damaged index names nothing any more.
	const whole = stored.filter(isWhole);
	for (const top of whole) {
		const isNamed = whole.some(({needs}) => needs.some(({digest}) => digest === top.digest));
		const isLinked = folders.some(name => hasFile(name, '_manifests/revisions', top.digest));
		if (top.role === 'manifest' && !isNamed && !isLinked) {
			truth.nameless.add(top.digest);
		}
	}

	for (const {digest} of deleted) {
		const isKnown = folders.some(
			name =>
				existsSync(inRepository(name, '_manifests/revisions', folderOf(digest))) || hasFile(name, '_layers', digest),
		);
		// A repository that shares every blob may have deleted the manifest alone.
		const blobs = blobsOf(parts.get(digest)!);
		const isShared = folders.some(name => blobs.every(blob => hasFile(name, '_layers', blob)));
		// Damage may have made an index of it that names this one, or may still.
		const isMentioned = stored.some(
			each => each.digest !== digest && (dataOf(each.digest).includes(digest) || each.bytes.includes(digest)),
		);
		if (truth.nameless.has(digest) && !isKnown && blobs.length > 0 && !isShared && !isMentioned) {
			truth.vanished.add(digest);
		}
	}

	return truth;

	function isWhole({digest, bytes}: ImagePart): boolean {
		const data = dataOf(digest);
		return data !== 'gone' && bytes.equals(data);
	}

	function hasFile(name: string, area: string, digest: Digest): boolean {
		return existsSync(inRepository(name, area, folderOf(digest), 'link'));
	}

	/** What could be pulled of it: nothing below a manifest that is gone. */
	function blobsOf({needs}: ImagePart): Digest[] {
		return needs.flatMap(part => (part.role === 'blob' ? [part.digest] : isWhole(part) ? blobsOf(part) : []));
	}

	function tagsOf(repository: string): TagTruth[] {
		const folder = inRepository(repository, '_manifests/tags');
		return existsSync(folder)
			? readdirSync(folder)
					.filter(tag => tagName.test(tag))
					.map(tag => ({repository, tag, ...tagTruth(repository, tag)}))
			: [];
	}

	function tagTruth(repository: string, tag: string): Pick<TagTruth, 'met' | 'hidden'> {
		const [met, hidden]: [Wrong[], Wrong[]] = [[], []];
		const file = inRepository(repository, '_manifests/tags', tag, 'current/link');
		const link = contentOf(file);
		const digest = String(link) as Digest;
		if (link === 'gone') {
			met.push({served: 'tag-dangling', stored: ['tag-dangling'], ...(isSymbolicLink(file) && {isUnread: true})});
		} else if (link === 'folder' || !isDigest(digest)) {
			met.push({served: 'manifest-unreadable', stored: ['link-malformed']});
		} else {
			visitManifest(repository, parts.get(digest)!, {isTop: true, met, hidden});
		}

		return {met, hidden};
	}

	type Visit = {isTop: boolean; met: Wrong[]; hidden: Wrong[]};

	function visitManifest(repository: string, part: ImagePart, {isTop, met, hidden}: Visit): void {
		const wrong = marked(repository, part, manifestTruth(repository, part, isTop));
		if (wrong !== undefined) {
			met.push(isTop ? wrong : {...wrong, digest: part.digest});
		}

		for (const child of part.needs) {
			const below = {isTop: false, met: wrong === undefined ? met : hidden, hidden};
			if (child.role === 'manifest') {
				visitManifest(repository, child, below);
			} else {
				const blob = marked(repository, child, blobTruth(repository, child, isConfigOf(child, part)));
				below.met.push(...(blob === undefined ? [] : [{...blob, digest: child.digest}]));
			}
		}
	}

	function marked(repository: string, {digest}: ImagePart, wrong: Wrong | undefined): Wrong | undefined {
		const links = ['_manifests/revisions', '_layers'].map(area =>
			inRepository(repository, area, folderOf(digest), 'link'),
		);
		const isUnread = [...links, dataFile(digest)].some(isSymbolicLink);
		return wrong && {...wrong, ...(isUnread && {isUnread})};
	}

	/** A revision link, else what distribution 2.1 left: a link among the layers. */
	function manifestTruth(repository: string, {digest, bytes}: ImagePart, isTop: boolean): Wrong | undefined {
		const own = contentOf(inRepository(repository, '_manifests/revisions', folderOf(digest), 'link'));
		const link = own === 'gone' ? contentOf(inRepository(repository, '_layers', folderOf(digest), 'link')) : own;
		const absent = isTop ? 'tag-dangling' : 'child-missing';
		const stored = dataOf(digest);
		if (link === 'gone') {
			const unlinked: FaultKind[] = stored === 'gone' || !bytes.equals(stored) ? [] : ['child-unlinked', 'child-swept'];
			return {
				served: absent,
				stored: isTop ? ['tag-dangling'] : (['child-missing', ...unlinked].slice(-2) as FaultKind[]),
			};
		}

		if (link === 'folder' || !isDigest(String(link))) {
			return {served: 'manifest-unreadable', stored: ['link-malformed']};
		}

		if (String(link) !== digest) {
			return {
				served: dataOf(String(link) as Digest) === 'gone' ? absent : 'manifest-unreadable',
				stored: ['link-malformed'],
			};
		}

		if (stored === 'gone') {
			return {served: absent, stored: [absent]};
		}

		return bytes.equals(stored) ? undefined : {served: 'manifest-unreadable', stored: ['manifest-unreadable']};
	}

	function blobTruth(repository: string, {digest, bytes}: ImagePart, isConfig: boolean): Wrong | undefined {
		const link = contentOf(inRepository(repository, '_layers', folderOf(digest), 'link'));
		const absent = isConfig ? 'config-missing' : 'layer-missing';
		const own = damageOf(dataOf(digest), bytes, absent);
		if (link === 'gone') {
			return {served: absent, stored: [own ?? 'layer-unlinked']};
		}

		if (link === 'folder' || !isDigest(String(link))) {
			// 2.8 says of a folder what it is.
			return {served: link === 'folder' ? 'link-malformed' : 'part-unserved', stored: [own ?? 'link-malformed']};
		}

		if (String(link) === digest) {
			return own && {served: own, stored: [own]};
		}

		// The blob that the link names is served, if the repository has a link to that as well.
		const other = String(link) as Digest;
		const otherLink = contentOf(inRepository(repository, '_layers', folderOf(other), 'link'));
		const served = dataOf(other) === 'gone' ? absent : damageOf(dataOf(other), bytes, absent);
		const isRefused = served !== absent && String(otherLink) !== other;
		return {served: isRefused ? 'part-unserved' : served!, stored: [own ?? 'link-malformed']};
	}

	function dataFile(digest: Digest): string {
		const [algorithm, hex = ''] = digest.split(':');
		return path.join(base, 'blobs', algorithm!, hex.slice(0, 2), hex, 'data');
	}

	function dataOf(digest: Digest): Buffer | 'gone' {
		const data = contentOf(dataFile(digest));
		return data === 'folder' ? 'gone' : data;
	}
}

/** By bytes, as not all names are UTF-8. */
function symbolicLinksIn(folder: Buffer, below = ''): string[] {
	return readdirSync(folder, {withFileTypes: true, encoding: 'buffer'}).flatMap(entry => {
		const name = `${below}${entry.name}`;
		return entry.isDirectory()
			? symbolicLinksIn(Buffer.concat([folder, Buffer.from('/'), entry.name]), `${name}/`)
			: entry.isSymbolicLink()
				? [name]
				: [];
	});
}

function isSymbolicLink(file: string): boolean {
	return lstatSync(file, {throwIfNoEntry: false})?.isSymbolicLink() ?? false;
}

/** A build cache is an index over blobs, its config among them. */
function isConfigOf({digest}: ImagePart, {bytes}: ImagePart): boolean {
	const {config, manifests = []} = JSON.parse(String(bytes));
	const own: {mediaType?: string} | undefined = manifests.find((each: {digest: string}) => each.digest === digest);
	return config?.digest === digest || own?.mediaType === 'application/vnd.buildkit.cacheconfig.v0';
}

function damageOf(data: Buffer | 'gone', bytes: Buffer, absent: FaultKind): FaultKind | undefined {
	if (data === 'gone') {
		return absent;
	}

	if (data.length !== bytes.length) {
		return data.length === 0 ? 'blob-empty' : 'blob-truncated';
	}

	return data.equals(bytes) ? undefined : 'blob-corrupt';
}

function contentOf(file: string): Buffer | 'gone' | 'folder' {
	try {
		return readFileSync(file);
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException;
		if (code === 'EISDIR') {
			return 'folder';
		}

		if (code === 'ENOENT') {
			return 'gone';
		}

		throw error;
	}
}
