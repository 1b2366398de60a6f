import type {Tree} from './listing-reader.ts';

/** What find or the shell could not read, from their words. */
export type Unreadable = {path: string; reason: string};

/**
 * GNU: `find: './x': Permission denied`; busybox: `find: ./x: Permission denied`; shells: `sh: 3: cannot open ./x: …`.
 * What vanished between two looks is no gap: a registry lives.
 */
export function unreadableIn(stderr: string): Unreadable[] {
	return stderr.split('\n').flatMap(line => {
		const text = line.trim();
		if (text === '' || /No such file/.test(text)) {
			return [];
		}

		const [, path, reason] =
			/^[^:]+: [‘'"`]?(?:can't open |cannot open )?['"]?\.\/(.+?)['’"]?(?: for reading)?: (.+)$/.exec(text) ?? [];
		return [path === undefined ? {path: '', reason: text} : {path, reason: reason!}];
	});
}

/** What was not read, as lines for people and as paths under which nothing is known to be gone. */
export function gapsOfTree({end, closed}: Tree, stderr: string): {lines: string[]; unread: string[]} {
	const unreadable = unreadableIn(stderr);
	const lines = [
		...closed.map(({path, reason}) => `${path} ${reason} and was not read`),
		...unreadable.map(({path, reason}) => (path === '' ? reason : `${path}: ${reason}`)),
	];
	const unread = [...closed, ...unreadable].map(({path}) => path);

	if (end === undefined) {
		return {lines: [...lines, 'the end of the listing was not seen'], unread: ['']};
	}

	// A find that failed on things that only vanished has read everything else.
	const isExplained = end === 0 || unread.length > 0 || /No such file/.test(stderr);
	return isExplained ? {lines, unread} : {lines: [...lines, `find ended with exit ${end}`], unread: ['']};
}
