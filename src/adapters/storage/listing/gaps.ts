import {readSaid, sayUnreadable} from '../said.ts';
import type {Tree} from './tree.ts';

/** What was not read, as lines for people and as paths under which nothing is known to be gone. */
export function gapsOfTree({end, closed, malformed, taken}: Tree, stderr: string): {lines: string[]; unread: string[]} {
	const said = readSaid(stderr);
	const lines = [
		...closed.map(({path, reason}) => `${path} ${reason} and was not read`),
		...sayUnreadable(said),
		...(malformed > 0 ? [`${malformed} lines of the listing could not be understood`] : []),
		...(Number.isNaN(taken) ? ['the host does not tell the time'] : []),
	];
	const unread = [...closed, ...said.unreadable].map(({path}) => path);

	if (end === undefined) {
		return {lines: [...lines, 'the end of the listing was not seen'], unread: ['']};
	}

	if (said.isCut || malformed > 0) {
		return {lines, unread: ['']};
	}

	// A find that failed on what it named has read everything else; one that was killed has not.
	const hasNamed = said.unreadable.length > 0 || said.vanished.size > 0;
	const isExplained = end === 0 || (end === 1 && hasNamed);
	return isExplained ? {lines, unread} : {lines: [...lines, `find ended with exit ${end}`], unread: ['']};
}
