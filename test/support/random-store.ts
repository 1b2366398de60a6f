import {spawnSync} from 'node:child_process';
import {
	appendFileSync,
	chmodSync,
	existsSync,
	lutimesSync,
	mkdirSync,
	readdirSync,
	rmSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';

/** Names a registry never writes, some of which try to pass for a line of a listing. As bytes: not all are UTF-8. */
const hostileNames = [
	'a b',
	' ',
	'new\nline',
	'tab\tin it',
	'\u001b[31mred',
	'quo\'te"d',
	'$(touch x)`y`',
	'*',
	'out\nout',
	'x\n81a4 1 71 1700000000 .',
	'x\n-rw-r--r-- 1 0 0 71 Jan 1 1970 .',
	'end 0',
	'ümlaut',
]
	.map(name => Buffer.from(name))
	.concat(Buffer.from([0xff]), Buffer.from([0xfe, 0x80]), Buffer.from([0x41, 0xc3]));
const oddNames = ['-rf', '--', '.hidden', 'UPPER', '..x', 'link', 'data', '_layers', 'lost+found'].map(name =>
	Buffer.from(name),
);

/** The same store for the same numbers: some images, some of it gone or damaged, and things that do not belong there. */
export async function randomStore(root: string, random: () => number, canClose: boolean): Promise<Store> {
	const store = openStore(root);
	const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
	for (const name of ['acme/tool', 'acme/tool/nested', 'a', 'a-b'].filter(() => random() < 0.7).concat('base')) {
		const image = buildImage({seed: `${name}${Math.floor(random() * 3)}`, platforms: ['linux/amd64'], layers: 1});
		for (const tag of ['1.0', '1.0-rc', 'latest'].filter(() => random() < 0.5).concat('main')) {
			await store.push(name, tag, image);
		}
	}

	const all = readdirSync(store.base, {recursive: true, withFileTypes: true}).map(entry => ({
		isFile: entry.isFile(),
		file: path.join(entry.parentPath, entry.name),
	}));
	const folders = all.filter(({isFile}) => !isFile).map(({file}) => file);
	const files = all.filter(({isFile}) => isFile).map(({file}) => file);

	for (let count = Math.floor(random() * 5); count > 0; count--) {
		const file = pick(files);
		pick([
			() => rmSync(file, {force: true}),
			() => rmSync(path.dirname(file), {recursive: true, force: true}),
			() => appendIfThere(file, '\n'),
			() => truncateIfThere(file, Math.floor(random() * 60)),
			() => replaceIfThere(file, pick([...stands.values()])),
		])();
	}

	scatterOddEntries(store, random, 0.7);

	// Leaves first: a change below a folder would renew the folder's time.
	const seconds = Date.now() / 1000 - pick([7200, 400 * 86_400]);
	age(Buffer.from(store.base), () => seconds + random() * 3600);

	if (canClose && random() < 0.3) {
		try {
			chmodSync(pick(folders), 0);
		} catch {
			// Gone.
		}
	}

	return store;
}

/** Files, links and folders that no registry writes, anywhere in a store. @param hostile the share of names that could pass for something else */
export function scatterOddEntries({base}: Store, random: () => number, hostile: number): void {
	const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
	const folders = readdirSync(base, {recursive: true, withFileTypes: true})
		.filter(entry => entry.isDirectory())
		.map(entry => path.join(entry.parentPath, entry.name))
		.sort();

	for (let count = Math.floor(random() * 6); count > 0; count--) {
		const where = pick([...folders, base]);
		const name = Buffer.concat([Buffer.from(`${where}/`), pick(random() < hostile ? hostileNames : oddNames)]);
		try {
			pick([
				() => writeFileSync(name, 'x', {flag: 'wx'}),
				() => symlinkSync('x\n-rw-r--r-- 1 0 0 71 Jan 1 1970 ./blobs', name),
				() => {
					mkdirSync(Buffer.concat([name, Buffer.from('/_layers/sha256/'), pick(hostileNames)]), {recursive: true});
					writeFileSync(Buffer.concat([name, Buffer.from('/data')]), 'x');
				},
			])();
		} catch {
			// The path is gone, or taken.
		}
	}
}

function age(folder: Buffer, time: () => number): void {
	for (const entry of readdirSync(folder, {withFileTypes: true, encoding: 'buffer'})) {
		const file = Buffer.concat([folder, Buffer.from('/'), entry.name]);
		if (entry.isDirectory()) {
			age(file, time);
		}

		const seconds = time();
		lutimesSync(file, seconds, seconds);
	}
}

function appendIfThere(file: string, text: string): void {
	try {
		truncateSync(file, 71);
		appendFileSync(file, text);
	} catch {
		// Gone.
	}
}

/** What can stand in the place of a file. */
export const stands = new Map<string, (file: string) => void>([
	['folder', file => mkdirSync(file)],
	['pipe', file => void spawnSync('mkfifo', [file])],
	['circle', file => symlinkSync(path.basename(file), file)],
	['nothing', file => symlinkSync('/nowhere/at/all', file)],
	[
		'elsewhere',
		file => {
			writeFileSync(`${file}.moved`, 'x'.repeat(71));
			symlinkSync(`${path.basename(file)}.moved`, file);
		},
	],
]);

function replaceIfThere(file: string, stand: (file: string) => void): void {
	if (existsSync(file)) {
		rmSync(file, {recursive: true});
		stand(file);
	}
}

function truncateIfThere(file: string, size: number): void {
	try {
		truncateSync(file, size);
	} catch {
		// Gone.
	}
}

/** @see mulberry32, a small generator in the public domain */
export function numbersFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
