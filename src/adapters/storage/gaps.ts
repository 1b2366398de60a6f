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

		const [, path, reason] = /^[^:]+: [‘'"`]?(?:can't open |cannot open )?['"]?\.\/(.+?)['’"]?: (.+)$/.exec(text) ?? [];
		return [path === undefined ? {path: '', reason: text} : {path, reason: reason!}];
	});
}
