/** What find, head, grep and ls complained about, from their words in the C locale. */
export type Said = {
	unreadable: Unreadable[];
	/** Paths that went away between two looks, which is no gap: a registry lives. */
	vanished: ReadonlySet<string>;
	/** Words were lost: there may be paths nobody has named. */
	isCut: boolean;
};

/** Without a path, the whole line is the reason. */
export type Unreadable = {path: string; reason: string};

/** Shells keep the last 64 KiB of stderr: as much as that, and there was more. */
const cutFromBytes = 60 * 1024;

const plainName = /^[^:]+: (?:\d+: )?(?:[a-z' ]+ )?['"]?\.\/([A-Za-z0-9._/-]+?)['"]?(?: for reading)?: ([^:]+)$/;
/** GNU find escapes whatever could end the name or the line. Below such a name there is nothing of a registry's. */
const quotedName = /^find: '\.\/((?:[^'\\]|\\.)+)': ([^:]+)$/;

/**
 * GNU: `find: './x': Permission denied`, `head: cannot open './x' for reading: …`; busybox: `find: ./x: …`;
 * shells: `sh: 3: cannot open ./x: …`. A name may say anything itself, so only the end of a line is the reason.
 */
export function readSaid(stderr: string): Said {
	const unreadable: Unreadable[] = [];
	const vanished = new Set<string>();

	for (const line of stderr.split('\n')) {
		const text = line.trim();
		const [, path, reason = ''] = plainName.exec(text) ?? quotedName.exec(text) ?? [];
		if (/: No such file or directory$/.test(text)) {
			vanished.add(path ?? '');
		} else if (text !== '') {
			unreadable.push(path === undefined ? {path: '', reason: text} : {path, reason});
		}
	}

	return {unreadable, vanished, isCut: Buffer.byteLength(stderr) >= cutFromBytes};
}

/** For people. */
export function sayUnreadable({unreadable, isCut}: Said): string[] {
	return [
		...unreadable.map(({path, reason}) => (path === '' ? reason : `${path}: ${reason}`)),
		...(isCut ? ['the host complained more often than can be kept'] : []),
	];
}
