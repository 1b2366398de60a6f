import path from 'node:path';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createLocalShell} from '../../../../src/adapters/ssh/local.ts';
import {openGroupReader} from '../../../../src/adapters/storage/blobs/hash-groups.ts';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import {assess} from '../../../../src/domain/storage/findings/assess.ts';
import {buildImage} from '../../../../src/drills/images/image.ts';
import {openStore} from '../../../../src/drills/images/store.ts';
import type {Shell} from '../../../../src/engine/ports/shell.ts';
import type {HashAnswer} from '../../../../src/engine/ports/storage.ts';
import {createNonces} from '../../../support/nonces.ts';
import {processes} from '../../../support/processes.ts';
import {temporaryFolder} from '../../../support/real.ts';

const signal = AbortSignal.timeout(60_000);
const image = buildImage({seed: 'acme'});
const digests = [...image.manifests, image.index].map(({digest}) => digest);
/** The output of the host, one for each command, as they began. */
const outputs: Buffer[] = [];
let begun = 0;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let root: string;

beforeAll(async () => {
	temporary = await temporaryFolder();
	root = path.join(temporary.folder, 'store');
	const store = openStore(root);
	await store.push('acme/tool', 'latest', image);
	const storage = createStorage({shell: recording(createLocalShell({processes, nonce: createNonces()})), root});
	expect((await storage.list({signal})).complete).toBe(true);
	await storage.hash(digests, {signal});
});

afterAll(() => temporary[Symbol.asyncDispose]());

function recording(shell: Shell): Shell {
	return {
		...shell,
		async run(request, waiting) {
			const chunks: Uint8Array[] = [];
			const onOutput = (chunk: Uint8Array) => {
				chunks.push(Buffer.from(chunk));
				request.onOutput?.(chunk);
			};
			const command = begun++;
			const result = await shell.run({...request, onOutput}, waiting);
			outputs[command] = Buffer.concat(chunks);
			return result;
		},
	};
}

/** Replays the recorded output, cut at one point, without an error: a real shell would throw. */
function replaying(cut: {command: number; length: number}): Shell {
	let command = 0;
	return {
		place: 'vm',
		async run({onOutput}) {
			const at = command++;
			const output = outputs[at] ?? Buffer.alloc(0);
			onOutput?.(at === cut.command ? output.subarray(0, cut.length) : output);
			return {exitCode: 0, stdout: new Uint8Array(), stderr: ''};
		},
		close: async () => {},
	};
}

describe.each([
	['tree beside its blobs', 0],
	['tree of blobs', 1],
	['links', 2],
	['manifests', 3],
	['configs', 4],
])('a listing whose %s was cut', (_, command) => {
	it('is incomplete, wherever it was cut, and reports nothing as gone', async () => {
		const whole = outputs[command]!.length;
		await fc.assert(
			fc.asyncProperty(fc.integer({min: 0, max: whole - 1}), async length => {
				const shell = replaying({command, length});

				const listing = await createStorage({shell, root}).list({signal});
				const scan = assess(listing, {role: 'authoritative'});

				expect(scan.complete).toBe(false);
				expect(scan.findings).toEqual([]);
			}),
			{numRuns: 500},
		);
	});

	it('is complete when nothing is missing', async () => {
		const shell = replaying({command, length: outputs[command]!.length});

		expect(await createStorage({shell, root}).list({signal})).toMatchObject({complete: true, gaps: []});
	});
});

it('the hashes before a cut are the same as in the whole output, wherever it was cut', () => {
	const output = outputs[5]!;
	const answersOf = (bytes: Uint8Array) => {
		const answers: HashAnswer[] = [];
		openGroupReader(digests, answer => answers.push(answer))(bytes);
		return answers;
	};
	const whole = answersOf(output);

	expect(whole.map(({state}) => state)).toEqual(digests.map(() => 'same'));
	for (let length = 0; length <= output.length; length++) {
		const answers = answersOf(output.subarray(0, length));
		expect(answers).toEqual(whole.slice(0, answers.length));
	}
});
