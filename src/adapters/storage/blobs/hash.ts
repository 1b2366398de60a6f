import {OperatorError} from '../../../domain/errors.ts';
import {type Digest, digestAlgorithm} from '../../../domain/image/digest.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {HashAnswer} from '../../../engine/ports/storage.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {blobFile} from '../listing/body-cutter.ts';
import {rejectNoTree} from '../listing/no-tree.ts';
import {watched} from '../watched.ts';
import {hashFiles, noHash} from './hash-script.ts';

export type HashOptions = Waiting & {
	shell: Shell;
	root: string;
	bytesPerSecond?: number;
	onAnswer?: (answer: HashAnswer) => void;
};

/** A store may take days; what is silent for minutes is given up. */
const hashTimeoutMs = 14 * 24 * 60 * 60_000;

/**
 * Hashes blobs where they lie, in the order given. Answers come as they are made; what was answered before a connection
 * was lost is good, and the rest can be asked for again.
 * @throws OperatorError storage.no-hash | storage.silent
 */
export async function hashBlobs(digests: Iterable<Digest>, options: HashOptions): Promise<HashAnswer[]> {
	const {shell, root, bytesPerSecond, onAnswer = () => {}, signal} = options;
	const asked = [...new Set(digests)];
	if (asked.length === 0) {
		return [];
	}

	const answers = new Map<Digest, HashAnswer>();
	const take = (answer: HashAnswer) => {
		if (!answers.has(answer.digest)) {
			answers.set(answer.digest, answer);
			onAnswer(answer);
		}
	};
	const answer = await watched(
		shell,
		{
			kind: 'read',
			script: hashFiles,
			input: inputOf(root, asked, bytesPerSecond),
			timeoutMs: hashTimeoutMs,
			onOutput: readHashes(asked, take),
		},
		{signal},
	);
	rejectNoTree(answer.exitCode, root, shell.place);
	if (answer.exitCode === noHash) {
		throw new OperatorError('storage.no-hash', `${shell.place} has no program that hashes files.`, {
			hint: 'Install coreutils, busybox or openssl there, or verify at depth `content`, which downloads every byte.',
			exit: 'configuration',
		});
	}

	for (const digest of asked) {
		take({digest, state: 'unread', bytes: 0});
	}

	return [...answers.values()];
}

function inputOf(root: string, asked: readonly Digest[], bytesPerSecond = 0): string {
	const algorithms = new Set(asked.map(digestAlgorithm));
	const limit = bytesPerSecond > 0 ? Math.max(1, Math.floor(bytesPerSecond / 1024)) : 0;
	const files = asked.map(digest => `${digestAlgorithm(digest)} ${blobFile(digest)}`);
	return [root, [...algorithms].join(' '), `${limit}`, ...files, ''].join('\n');
}

const answerLine = /^(\d+) (\d+) (gone|unread|= .*)$/;

/** Reads the output of the script `hashFiles`. A line that was cut is no answer. */
export function readHashes(
	asked: readonly Digest[],
	onAnswer: (answer: HashAnswer) => void,
): (chunk: Uint8Array) => void {
	let rest = '';
	let hasFailed = false;

	return chunk => {
		const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\n');
		rest = lines.pop()!;
		for (const line of lines) {
			const [, number, bytes, words = ''] = answerLine.exec(line) ?? [];
			const digest = asked[Number(number) - 1];
			hasFailed ||= line === 'failed';
			if (digest !== undefined) {
				const state = hasFailed ? 'unread' : stateOf(words, digest);
				onAnswer({digest, state, bytes: state === 'gone' || state === 'unread' ? 0 : Number(bytes)});
				hasFailed = false;
			}
		}
	};
}

/** coreutils: `hex  -`; openssl: `SHA2-256(stdin)= hex`. */
function stateOf(words: string, digest: Digest): HashAnswer['state'] {
	if (words === 'gone') {
		return 'gone';
	}

	const algorithm = digestAlgorithm(digest);
	const length = digest.length - algorithm.length - 1;
	const hex = words.split(/[ =]+/).find(word => word.length === length && /^[0-9a-f]+$/.test(word));
	return hex === undefined ? 'unread' : `${algorithm}:${hex}` === digest ? 'same' : 'differs';
}
