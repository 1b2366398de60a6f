import {OperatorError} from '../../domain/errors.ts';
import type {ShellResult} from '../../engine/ports/shell.ts';

const mark = 'regmedic-builder ';

/** The line a script answers with, and the bytes after it. Anything before it is noise of the login. */
export type Reply = {words: string[]; rest: Buffer};

/** @throws OperatorError builder.unusable */
export function readReply({exitCode, stdout, stderr}: ShellResult, place: string): Reply {
	const bytes = Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength);
	const start = markAt(bytes);

	if (start === -1 || exitCode !== 0) {
		const why = stderr.trim().split('\n').at(-1) || `a script ended with ${exitCode}`;
		throw new OperatorError('builder.unusable', `Builds can't be run on ${place}: ${why}.`, {
			hint: 'See that your user there has a home folder that can be written to, and the usual programs of a Linux system.',
			exit: 'failed',
		});
	}

	const end = bytes.indexOf('\n', start);
	const line = bytes.toString('utf8', start + mark.length, end === -1 ? bytes.length : end);
	return {words: line.split(' '), rest: end === -1 ? Buffer.alloc(0) : bytes.subarray(end + 1)};
}

function markAt(bytes: Buffer): number {
	const inside = bytes.indexOf(`\n${mark}`);
	return bytes.indexOf(mark) === 0 ? 0 : inside === -1 ? -1 : inside + 1;
}
