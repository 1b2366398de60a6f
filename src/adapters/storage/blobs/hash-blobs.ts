import {OperatorError} from '../../../domain/errors.ts';
import {type Digest, type DigestAlgorithm, digestAlgorithm} from '../../../domain/image/digest.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {HashAnswer} from '../../../engine/ports/storage.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {runUntilStalled} from '../stall.ts';
import {rejectRootExits} from '../store-root.ts';
import {hashGroups, openGroupReader} from './hash-groups.ts';
import {chooseTools, noHash} from './hash-tools.ts';
import {blobFile} from './read-blob.ts';

type HashOptions = Waiting & {
	shell: Shell;
	root: string;
	bytesPerSecond?: number;
	onAnswer?: (answer: HashAnswer) => void;
};

/** A large store may take days; a host that prints nothing for minutes is given up. */
const hashTimeoutMs = 14 * 24 * 60 * 60_000;

/**
 * Hashes files on the host, one after the other. After the lines of `chooseTools` come lines of `algorithm path`. Prints for
 * each, with its number counted from 1: `number bytes = output` with the output of the hashing program, `number 0 gone`, or `number 0 unread`.
 *
 * A large file is read in slices with a pause after each, so that reading stays within the limit. The script prints a
 * dot for each slice: once the connection is gone, printing the dot fails and ends the script. It prints `failed` for a
 * slice that could not be read, because the pipe hides that from the hashing program; the file then has no hash.
 */
export const hashFiles = `${chooseTools}exec 3>&1
send_slices() {
	left=$1
	while [ "$left" -gt 0 ]; do
		if ! dd bs="$block" count="$count" 2>/dev/null; then echo failed >&3; return; fi
		left=$((left - slice))
		echo . >&3 || return
		if [ "$limit" -gt 0 ]; then sleep 1; fi
	done
}
number=0
debt=0
while read -r algorithm file; do
	number=$((number + 1))
	tool=$sha256
	if [ "$algorithm" = sha512 ]; then tool=$sha512; fi
	listed=$(ls -dlnL "$file" 2>&1)
	case $listed in
	-*) ;;
	*': No such file or directory') echo "$number 0 gone" || exit 1; continue ;;
	*) echo "$number 0 unread" || exit 1; continue ;;
	esac
	size=$(set -- $listed; echo "$5")
	if [ "$size" -le "$slice" ]; then
		output=$({ $tool; } 2>/dev/null <"$file") || output=
		debt=$((debt + size))
	else
		output=$({ send_slices "$size" | $tool; } 2>/dev/null <"$file") || output=
	fi
	case $output in
	'') echo "$number 0 unread" || exit 1 ;;
	*) echo "$number $size = $output" || exit 1 ;;
	esac
	if [ "$limit" -gt 0 ]; then
		while [ "$debt" -ge "$slice" ]; do sleep 1; debt=$((debt - slice)); done
	fi
done
`;

/**
 * Hashes blobs on the host: small ones in groups, then the large ones and all that a group did not find right, each
 * alone. The answers are in the order given, and come in any. An answer counts as soon as it arrives: after a lost connection only the
 * remaining blobs need to be asked for again.
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
	const run = async (script: string, input: string, onOutput: (chunk: Uint8Array) => void) => {
		const request = {kind: 'read', script, input, timeoutMs: hashTimeoutMs, onOutput} as const;
		const result = await runUntilStalled(shell, request, {signal});
		rejectRootExits(result, root, shell.place);
		if (result.exitCode === noHash) {
			throw new OperatorError('storage.no-hash', `${shell.place} has no program that hashes files.`, {
				hint: 'Install coreutils, busybox or openssl there, or verify at depth `content`, which downloads every byte.',
				exit: 'configuration',
			});
		}
	};

	for (const algorithm of new Set(asked.map(digestAlgorithm))) {
		const group = asked.filter(digest => digestAlgorithm(digest) === algorithm);
		if (group.length > 1) {
			const files = group.map(blobFile);
			await run(hashGroups, inputOf(root, [algorithm], bytesPerSecond, files), openGroupReader(group, take));
		}
	}

	const left = asked.filter(digest => !answers.has(digest));
	if (left.length > 0) {
		const files = left.map(digest => `${digestAlgorithm(digest)} ${blobFile(digest)}`);
		const algorithms = new Set(left.map(digestAlgorithm));
		await run(hashFiles, inputOf(root, algorithms, bytesPerSecond, files), openHashReader(left, take));
	}

	for (const digest of asked) {
		take({digest, state: 'unread', bytes: 0});
	}

	return asked.map(digest => answers.get(digest)!);
}

function inputOf(
	root: string,
	algorithms: Iterable<DigestAlgorithm>,
	bytesPerSecond: number | undefined,
	files: readonly string[],
): string {
	const limit = bytesPerSecond !== undefined && bytesPerSecond > 0 ? Math.max(1, Math.floor(bytesPerSecond / 1024)) : 0;
	return [root, [...algorithms].join(' '), `${limit}`, ...files, ''].join('\n');
}

const answerLine = /^(\d+) (\d+) (gone|unread|= .*)$/;

/** Reads the output of `hashFiles`. A line without its end is not an answer. */
function openHashReader(asked: readonly Digest[], onAnswer: (answer: HashAnswer) => void): (chunk: Uint8Array) => void {
	let rest = '';
	let hasFailed = false;

	return chunk => {
		const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\n');
		rest = lines.pop()!;
		for (const line of lines) {
			const [, number, bytes, output = ''] = answerLine.exec(line) ?? [];
			const digest = asked[Number(number) - 1];
			hasFailed ||= line === 'failed';
			if (digest !== undefined) {
				const state = hasFailed ? 'unread' : stateOf(output, digest);
				onAnswer({digest, state, bytes: state === 'gone' || state === 'unread' ? 0 : Number(bytes)});
				hasFailed = false;
			}
		}
	};
}

/** coreutils prints `hex  -`; openssl prints `SHA2-256(stdin)= hex`. */
function stateOf(output: string, digest: Digest): HashAnswer['state'] {
	if (output === 'gone') {
		return 'gone';
	}

	const algorithm = digestAlgorithm(digest);
	const length = digest.length - algorithm.length - 1;
	const hex = output.split(/[ =]+/).find(word => word.length === length && /^[0-9a-f]+$/.test(word));
	return hex === undefined ? 'unread' : `${algorithm}:${hex}` === digest ? 'same' : 'differs';
}
