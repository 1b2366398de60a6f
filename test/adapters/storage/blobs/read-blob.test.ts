import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {createLocalShell} from '../../../../src/adapters/ssh/local.ts';
import {readBlobs} from '../../../../src/adapters/storage/blobs/read-blob.ts';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import {blobData} from '../../../../src/domain/storage/listing/paths.ts';
import type {Shell} from '../../../../src/engine/ports/shell.ts';
import {digestOf} from '../../../support/fake-ports.ts';
import {createNonces} from '../../../support/nonces.ts';
import {processes} from '../../../support/processes.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';

const {signal} = new AbortController();

/** A store with these blobs, and the commands that read it. `stored`: what is on the disk instead of its bytes; null: nothing. */
async function storeOf(blobs: {bytes: string; stored?: string | null}[]) {
	const root = await createTempFolder();
	let commands = 0;
	const digests = blobs.map(({bytes}) => digestOf(Buffer.from(bytes)));
	await mkdir(path.join(root, 'docker/registry/v2/repositories'), {recursive: true});
	for (const [n, {bytes, stored = bytes}] of blobs.entries()) {
		const file = path.join(root, 'docker/registry/v2', blobData(digests[n]!));
		await mkdir(path.dirname(file), {recursive: true});
		await (stored === null ? undefined : writeFile(file, stored));
	}

	const local = createLocalShell({processes, nonce: createNonces(), environment: {PATH: process.env.PATH}});
	const shell: Shell = {
		...local,
		run(...given) {
			commands++;
			return local.run(...given);
		},
	};
	return {root, shell, digests, commands: () => commands};
}

const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

it('blobs that are asked for at once are read by one command, each with its own bytes', async () => {
	const all = ['one\n', '', '-\n12\nthree', '\0\nfour'];
	const {root, shell, digests, commands} = await storeOf(all.map(bytes => ({bytes})));
	const storage = createStorage({root, shell});

	const found = await Promise.all(digests.map(digest => storage.readBlob(digest, {signal})));

	expect(found.map(textOf)).toEqual(all);
	expect(commands()).toBe(1);
});

it('one that is gone, empty or has other bytes is none, and hides none of the others', async () => {
	const blobs = [
		{bytes: 'whole'},
		{bytes: 'gone', stored: null},
		{bytes: 'empty', stored: ''},
		{bytes: 'corrupt', stored: 'longer than that\n5\nother'},
		{bytes: 'whole as well'},
	];
	const {root, shell, digests} = await storeOf(blobs);

	const found = await readBlobs(digests, {root, shell, signal});

	expect(digests.map(digest => textOf(found.get(digest)))).toEqual([
		'whole',
		undefined,
		undefined,
		undefined,
		'whole as well',
	]);
});

it('one that is cut while it is read hides none of those behind it', async () => {
	const {root, shell, digests, commands} = await storeOf([{bytes: 'first'}, {bytes: 'second'}, {bytes: 'third'}]);
	const cutting: Shell = {
		...shell,
		async run(...given) {
			const result = await shell.run(...given);
			const text = Buffer.from(result.stdout).toString();
			return commands() === 1 ? {...result, stdout: Buffer.from(text.replace('first', 'fir'))} : result;
		},
	};

	const found = await readBlobs(digests, {root, shell: cutting, signal});

	expect(digests.map(digest => textOf(found.get(digest)))).toEqual([undefined, 'second', 'third']);
});
