// How fast many small blobs are hashed where they lie, as a multiple of a bare `xargs sha256sum`.
// Run: npm run bench:hash (needs xargs and sha256sum; writes 21,000 files below the temporary folder)
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {blobOf} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';

const rounds = 5;
const folder = mkdtempSync(path.join(tmpdir(), 'regmedic-bench-'));

try {
	const store = openStore(path.join(folder, 'store'));
	await mkdir(path.join(store.base, 'repositories'), {recursive: true});
	const blobs = Array.from({length: 21_000}, (_, n) => blobOf(`blob ${n} `.repeat(1 + (n % 300))));
	for (let at = 0; at < blobs.length; at += 500) {
		await Promise.all(blobs.slice(at, at + 500).map(blob => store.writeBlob(blob)));
	}

	const digests = blobs.map(({digest}) => digest);
	const input = digests.map(digest => `${store.blobFile(digest)}\n`).join('');
	const storage = createStorage({shell: createLocalShell({processes, nonce: createNonces()}), root: store.root});
	const bare: number[] = [];
	const ours: number[] = [];

	// In turns, so that other load on the machine affects both alike.
	for (let round = 0; round < rounds; round++) {
		const start = performance.now();
		execFileSync('xargs', ['sha256sum'], {input, maxBuffer: 1 << 30});
		const middle = performance.now();
		const answers = await storage.hash(digests, {signal: AbortSignal.timeout(600_000)});
		ours.push(performance.now() - middle);
		bare.push(middle - start);
		if (answers.some(({state}) => state !== 'same')) {
			throw new Error('Not every blob was the same.');
		}
	}

	const [base, hashed] = [median(bare), median(ours)];
	console.log(`xargs sha256sum, ${digests.length} blobs    ${base.toFixed(0)} ms`);
	console.log(`the scan hashes the same         ${hashed.toFixed(0)} ms`);
	console.log(`  as a multiple                  ${(hashed / base).toFixed(2)} x  aim: at most 3 x`);
} finally {
	rmSync(folder, {recursive: true, force: true});
}

function median(values: number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
