import {type Digest, isDigest} from '../../domain/image/digest.ts';
import type {Shell, ShellResult} from '../../engine/ports/shell.ts';
import type {Source} from '../../engine/ports/source.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {sourceGone, sourceUnreadable} from './errors.ts';
import {wholeManifest} from './whole-manifest.ts';

const listTimeoutMs = 2 * 60_000;

/** The namespace is $1. @see containerd cmd/ctr/commands/content: `-q` prints the digests alone */
const listContent = 'ctr -n "$1" content ls -q';
const listImages = 'ctr -n "$1" images ls';
const printContent = 'ctr -n "$1" content get "$2"';

/**
 * Passes on what ctr prints a piece at a time, one for every line that is read. Without `fullblock` dd counts what it read at once
 * from the pipe, however little. When standard input ends, so do dd and, with its pipe, ctr.
 */
const sendPieces = ({blockBytes, blocksOfPiece}: PieceSize) => `exec 3<&0
ctr -n "$1" content get "$2" </dev/null | while IFS= read -r block <&3; do
	dd bs=${blockBytes} count=${blocksOfPiece} iflag=fullblock 2>/dev/null || exit 1
done
`;

type PieceSize = {blockBytes: number; blocksOfPiece: number};

/** Takes one piece for each line that it writes. */
type StreamPieces = (
	pieces: {script: string; head: string; args: readonly string[]; size: number},
	options: Waiting & {shell: Shell},
) => AsyncGenerator<Uint8Array, {result: ShellResult; taken: number}, undefined>;

type NodeSource = {
	name: string;
	/** Of containerd. */
	namespace: string;
	shell: Shell;
	streamPieces: StreamPieces;
	pieceSize: PieceSize;
};

/**
 * The content store of a node: the index, the child of its own platform, and that child's config and compressed layers, byte for byte.
 * The children of other platforms are on nodes of those. @see reference: seen with containerd 1.6
 */
export function createNodeSource({name, namespace, shell, streamPieces, pieceSize}: NodeSource): Source {
	const place = `${shell.place}, containerd ${namespace}`;

	async function run(script: string, args: readonly string[], {signal}: Waiting): Promise<Uint8Array> {
		const request = {kind: 'read', script, args: [namespace, ...args], timeoutMs: listTimeoutMs} as const;
		const {exitCode, stdout, stderr} = await shell.run(request, {signal});
		if (exitCode !== 0) {
			const why = stderr.trim().split('\n').at(-1) || `ctr ended with ${exitCode}`;
			throw sourceUnreadable(
				place,
				why,
				'This user must be able to run `ctr` there: it is usually for root alone. If it may use sudo, add `become: sudo` to this source.',
			);
		}

		return stdout;
	}

	return {
		name,
		place,
		async holds(parts, waiting) {
			const listed = new Set(linesOf(await run(listContent, [], waiting)));
			return new Set(parts.map(({digest}) => digest).filter(digest => listed.has(digest)));
		},
		async manifest({digest}, waiting) {
			const bytes = await run(printContent, [digest], waiting);
			return wholeManifest(digest, [bytes]);
		},
		async *stream({digest, size}, waiting) {
			const pieces = {script: sendPieces(pieceSize), head: '', args: [namespace, digest], size};
			const {taken} = yield* streamPieces(pieces, {shell, ...waiting});
			if (taken !== size) {
				throw sourceGone(digest, place, `${taken} of ${size} bytes arrived`);
			}
		},
		async tag(repository, tag, waiting) {
			const rows = linesOf(await run(listImages, [], waiting)).map(line => line.split(/\s+/));
			// A node may call the registry by another name.
			const found = rows.filter(([reference]) => reference?.endsWith(`/${repository}:${tag}`));
			const named = new Set(found.flatMap(row => row.find((word): word is Digest => isDigest(word)) ?? []));
			const [digest] = named;
			return digest !== undefined && named.size === 1 ? {digest} : undefined;
		},
		async check(waiting) {
			const listed = linesOf(await run(listContent, [], waiting)).length;
			return `${place} responds; it holds ${listed} parts of images`;
		},
		close: () => shell.close(),
	};
}

function linesOf(bytes: Uint8Array): string[] {
	return Buffer.from(bytes)
		.toString()
		.split('\n')
		.filter(line => line !== '');
}
