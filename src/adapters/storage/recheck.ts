import type {Shell} from '../../engine/ports/shell.ts';
import type {PathState} from '../../engine/ports/storage.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {type Entries, readLsLine, readStatLine} from './listing/entries.ts';
import {rejectNoTree} from './listing/no-tree.ts';
import {lookAgain} from './listing/recheck-script.ts';
import {readSaid} from './said.ts';

const recheckTimeoutMs = 10 * 60_000;
/** A registry's paths are plain; anything else is not asked for, and nothing is known of it. */
const plainPath = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_][A-Za-z0-9._/-]*$/;

/** Looks again at paths below docker/registry/v2, in one command however many they are. */
export async function recheckPaths(
	paths: readonly string[],
	{shell, root, signal}: Waiting & {shell: Shell; root: string},
): Promise<Map<string, PathState>> {
	const states = new Map<string, PathState>(paths.map(path => [path, {state: 'unread'}]));
	const asked = [...states.keys()].filter(path => plainPath.test(path));
	if (asked.length === 0) {
		return states;
	}

	const input = [root, ...asked.map(path => `./${path}`), ''].join('\n');
	const answer = await shell.run({kind: 'read', script: lookAgain, input, timeoutMs: recheckTimeoutMs}, {signal});
	rejectNoTree(answer.exitCode, root, shell.place);

	const lines = Buffer.from(answer.stdout).toString('latin1').split('\n');
	const middle = lines.indexOf('--');
	if (middle !== -1 && lines.at(-2) === 'end') {
		takeThere(lines.slice(0, middle), states);
		for (const path of readSaid(lines.slice(middle + 1, -2).join('\n')).vanished) {
			if (states.get(path)?.state === 'unread') {
				states.set(path, {state: 'gone'});
			}
		}
	}

	return states;
}

const findLine = /^\S (\d+) (-?\d+(?:\.\d+)?) \.\/(.+)$/;

function takeThere([first = '', ...lines]: string[], states: Map<string, PathState>): void {
	const now = Number(first.slice('now '.length));
	const put = (path: string, found: PathState) => states.has(path) && states.set(path, found);
	const entries = entriesTo((path, size, changed) => put(path, {state: 'there', size, changed}));

	for (const line of lines) {
		const [, size, changed, path] = findLine.exec(line) ?? [];
		if (path !== undefined && states.has(path)) {
			put(path, {state: 'there', size: Number(size), changed: Number(changed)});
		} else {
			readStatLine(line, entries);
			readLsLine(line, now, entries);
		}
	}
}

function entriesTo(take: (path: string, size: number, changed: number) => void): Entries {
	return {
		named() {},
		located: (_type, size, _device, changed, path) => take(path, size, changed),
		leftOut() {},
		malformed() {},
	};
}
